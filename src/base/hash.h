/* FNV-1a, 64 bits (http://www.isthe.com/chongo/tech/comp/fnv/): tells texts apart that nobody forges
 * against us, such as a message and its echo. Not for trust. */
#pragma once

#include <stddef.h>
#include <stdint.h>

static inline uint64_t hash_fnv(const void *bytes, size_t n)
{
	const unsigned char *p = bytes;
	uint64_t h = 0xcbf29ce484222325u;

	while (n--)
		h = (h ^ *p++) * 0x100000001b3u;
	return h;
}
