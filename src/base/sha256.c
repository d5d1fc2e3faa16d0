#include "base/sha256.h"

#include <stdint.h>
#include <string.h>

enum { BLOCK = 64, DIGEST = 32, LENGTH_AT = BLOCK - 8 };

struct digest {
	unsigned char b[DIGEST];
};

struct state {
	uint32_t h[8];
	unsigned char block[BLOCK];
	uint64_t n; /* bytes taken in all */
};

/* FIPS 180-4, 4.2.2 */
static const uint32_t k[64] = { 0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b,
	0x59f111f1, 0x923f82a4, 0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3,
	0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786, 0x0fc19dc6,
	0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d,
	0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967, 0x27b70a85,
	0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
	0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585,
	0x106aa070, 0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a,
	0x5b9cca4f, 0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa,
	0xa4506ceb, 0xbef9a3f7, 0xc67178f2 };

static uint32_t turned(uint32_t x, int by)
{
	return x >> by | x << (32 - by);
}

static uint32_t word(const unsigned char *b)
{
	return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}

/* FIPS 180-4, 6.2.2 */
static void take_block(struct state *s)
{
	uint32_t w[64], v[8];

	for (int i = 0; i < 16; i++)
		w[i] = word(s->block + i * 4);
	for (int i = 16; i < 64; i++) {
		uint32_t a = w[i - 15], b = w[i - 2];

		w[i] = w[i - 16] + (turned(a, 7) ^ turned(a, 18) ^ a >> 3) + w[i - 7] +
			(turned(b, 17) ^ turned(b, 19) ^ b >> 10);
	}
	memcpy(v, s->h, sizeof(v));
	for (int i = 0; i < 64; i++) {
		uint32_t a = v[0], e = v[4];
		uint32_t t1 = v[7] + (turned(e, 6) ^ turned(e, 11) ^ turned(e, 25)) +
			((e & v[5]) ^ (~e & v[6])) + k[i] + w[i];
		uint32_t t2 = (turned(a, 2) ^ turned(a, 13) ^ turned(a, 22)) +
			((a & v[1]) ^ (a & v[2]) ^ (v[1] & v[2]));

		memmove(v + 1, v, 7 * sizeof(*v));
		v[4] += t1;
		v[0] = t1 + t2;
	}
	for (int i = 0; i < 8; i++)
		s->h[i] += v[i];
}

static void take(struct state *s, const void *bytes, size_t n)
{
	const unsigned char *p = bytes;

	while (n--) {
		s->block[s->n++ % BLOCK] = *p++;
		if (s->n % BLOCK == 0)
			take_block(s);
	}
}

static struct state begun(void)
{
	/* FIPS 180-4, 5.3.3 */
	return (struct state){ .h = { 0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f,
				       0x9b05688c, 0x1f83d9ab, 0x5be0cd19 } };
}

static struct digest ended(struct state *s)
{
	uint64_t bits = s->n * 8;
	unsigned char length[8];
	struct digest d;

	for (int i = 0; i < 8; i++)
		length[i] = (unsigned char)(bits >> (56 - 8 * i));
	take(s, "\x80", 1);
	while (s->n % BLOCK != LENGTH_AT)
		take(s, "", 1);
	take(s, length, sizeof(length));
	for (int i = 0; i < DIGEST; i++)
		d.b[i] = (unsigned char)(s->h[i / 4] >> (24 - 8 * (i % 4)));
	explicit_bzero(s, sizeof(*s));
	return d;
}

static struct digest digest_of(const void *bytes, size_t n)
{
	struct state s = begun();

	take(&s, bytes, n);
	return ended(&s);
}

static struct sha256_hex hex(const struct digest *d)
{
	static const char digits[] = "0123456789abcdef";
	struct sha256_hex out = { "" };

	for (int i = 0; i < DIGEST; i++) {
		out.s[2 * i] = digits[d->b[i] >> 4];
		out.s[2 * i + 1] = digits[d->b[i] & 15];
	}
	return out;
}

struct sha256_hex sha256(const void *bytes, size_t n)
{
	struct digest d = digest_of(bytes, n);

	return hex(&d);
}

struct sha256_hex hmac_sha256(const void *key, size_t key_n, const void *bytes, size_t n)
{
	unsigned char inner[BLOCK] = { 0 }, outer[BLOCK];
	struct digest d = key_n > BLOCK ? digest_of(key, key_n) : (struct digest){ { 0 } };
	struct state s = begun();

	memcpy(inner, key_n > BLOCK ? d.b : key, key_n > BLOCK ? DIGEST : key_n);
	for (int i = 0; i < BLOCK; i++) {
		outer[i] = inner[i] ^ 0x5c;
		inner[i] ^= 0x36;
	}
	take(&s, inner, BLOCK);
	take(&s, bytes, n);
	d = ended(&s);
	s = begun();
	take(&s, outer, BLOCK);
	take(&s, d.b, DIGEST);
	d = ended(&s);
	explicit_bzero(inner, sizeof(inner));
	explicit_bzero(outer, sizeof(outer));
	return hex(&d);
}
