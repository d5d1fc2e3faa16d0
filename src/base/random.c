#include "base/random.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/buf.h"
#include "base/hash.h"

void random_bytes(void *out, size_t n)
{
	const char *seed = getenv("AO_TEST_SEED");
	static uint64_t state;
	unsigned char *p = out;

	if (!seed) {
		while (n) {
			ssize_t got = getrandom(p, n, 0);
			if (got > 0) {
				p += got;
				n -= (size_t)got;
			}
		}
		return;
	}
	if (!state)
		state = hash_fnv(seed, strlen(seed));
	while (n--) {
		state = state * 6364136223846793005u + 1442695040888963407u;
		*p++ = (unsigned char)(state >> 56);
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
