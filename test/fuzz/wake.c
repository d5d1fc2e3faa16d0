/* Any bytes are a datagram: what is taken names a namespace and a session as they may be named, and comes
 * back the same. */
#include <stdio.h>
#include <string.h>

#include "base/valid.h"
#include "base/wake.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	char text[WAKE_MAX + 1];
	struct wake w, again;
	int prefix, length;
	long number;

	if (!wake_parse(&w, (const char *)bytes, n))
		return 0;
	require(valid_id(w.space) && valid_session(w.session, &prefix, &number));
	length = snprintf(text, sizeof(text), "%s/%s %s", w.space, w.session, w.what);
	require((size_t)length == n && memcmp(text, bytes, n) == 0);
	require(wake_parse(&again, text, n) && strcmp(again.what, w.what) == 0);
	return 0;
}
