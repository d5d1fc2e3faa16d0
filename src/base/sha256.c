#include "base/sha256.h"

#include <sha256.h> /* of libmd */
#include <string.h>

enum { BLOCK = SHA256_BLOCK_LENGTH, DIGEST = SHA256_DIGEST_LENGTH };

static struct sha256_hex ended(SHA256_CTX *s)
{
	struct sha256_hex out;

	SHA256End(s, out.s);
	return out;
}

struct sha256_hex sha256(const void *bytes, size_t n)
{
	SHA256_CTX s;

	SHA256Init(&s);
	SHA256Update(&s, bytes, n);
	return ended(&s);
}

static void key_of(uint8_t key[BLOCK], const void *secret, size_t n)
{
	SHA256_CTX s;

	if (n <= BLOCK) {
		memcpy(key, secret, n);
		return;
	}
	SHA256Init(&s);
	SHA256Update(&s, secret, n);
	SHA256Final(key, &s);
}

/* The key in one of its two disguises, then what is hashed under it. */
static void begin(SHA256_CTX *s, const uint8_t key[BLOCK], uint8_t pad)
{
	uint8_t padded[BLOCK];

	for (int i = 0; i < BLOCK; i++)
		padded[i] = key[i] ^ pad;
	SHA256Init(s);
	SHA256Update(s, padded, BLOCK);
	explicit_bzero(padded, sizeof(padded));
}

struct sha256_hex hmac_sha256(const void *secret, size_t secret_n, const void *bytes, size_t n)
{
	uint8_t key[BLOCK] = { 0 }, inner[DIGEST];
	SHA256_CTX s;

	key_of(key, secret, secret_n);
	begin(&s, key, 0x36);
	SHA256Update(&s, bytes, n);
	SHA256Final(inner, &s);
	begin(&s, key, 0x5c);
	explicit_bzero(key, sizeof(key));
	SHA256Update(&s, inner, DIGEST);
	return ended(&s);
}
