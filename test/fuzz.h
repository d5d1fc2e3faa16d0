/* What the fuzz targets share. */
#pragma once

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

__attribute__((unused)) static void require(int holds)
{
	if (!holds)
		abort();
}

__attribute__((unused)) static int same(const struct buf *a, const struct buf *b)
{
	return a->n == b->n && !memcmp(buf_text(a), buf_text(b), a->n);
}
