/* Any bytes are a record: the id is kept, and from its first rewrite on the text is stable. */
#include "fuzz.h"
#include "model/session.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	AUTO(session_release) struct session s = { 0 }, t = { 0 };
	AUTO(strv_release) struct strv bad = { 0 }, bad_after = { 0 };
	AUTO(buf_release) struct buf one = { 0 }, two = { 0 };

	session_parse(&s, "fe-1", (const char *)bytes, n, &bad);
	require(str_equal(s.id, "fe-1") && session_status(&s) < STATUS_COUNT);
	session_write(&one, &s);
	session_parse(&t, "fe-1", one.s, one.n, &bad_after);
	session_write(&two, &t);
	require(same(&one, &two));
	require(bad.n ==
		bad_after.n); /* no broken line became a good one, nor the other way round */
#define SAME(member, key) require(str_equal(s.member, t.member));
	SESSION_FIELDS(SAME)
#undef SAME
	return 0;
}
