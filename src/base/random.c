#include "base/random.h"

#include <sys/random.h>

#include "base/buf.h"

static void random_bytes(void *out, size_t n)
{
	unsigned char *p = out;

	while (n) {
		ssize_t got = getrandom(p, n, 0);
		if (got > 0) {
			p += got;
			n -= (size_t)got;
		}
	}
}

char *random_hex(size_t bytes)
{
	AUTO(buf_release) struct buf b = { 0 };

	while (bytes--) {
		unsigned char c;
		random_bytes(&c, 1);
		buf_addf(&b, "%02x", c);
	}
	return buf_detach(&b);
}

char *random_uuid(void)
{
	AUTO(str_release) char *hex = random_hex(16);
	static const char variant[] = "89ab";

	hex[12] = '4';
	hex[16] = variant[hex[16] & 3];
	return str_format("%.8s-%.4s-%.4s-%.4s-%.12s", hex, hex + 8, hex + 12, hex + 16, hex + 20);
}
