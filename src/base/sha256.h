/*
 * SHA-256 by libmd and a keyed HMAC of it (RFC 2104), in hex: by them a receiver knows that what it
 * got comes from who has the key. Not for secrets at rest.
 */
#pragma once

#include <stddef.h>

struct sha256_hex {
	char s[65];
};

struct sha256_hex sha256(const void *bytes, size_t n);
struct sha256_hex hmac_sha256(const void *secret, size_t secret_n, const void *bytes, size_t n);
