/* Bytes of an app-server, or of whoever listens in its place, in two parts: what comes of them are answers to what
 * was asked, and none twice as large as what was sent. The first byte says where the second part begins. */
#include "fuzz.h"
#include "plugin/codex_rpc.h"

enum { CALLS = 3 };

static enum tri hear(struct codex_rpc *r, const uint8_t *bytes, size_t n)
{
	enum tri got;
	json_t *answer;
	int id;

	buf_add(&r->in, bytes, n);
	while ((got = codex_rpc_next(&id, &answer, r)) == TRI_YES) {
		require(id > 0 && id <= CALLS && json_is_object(answer));
		json_decref(answer);
	}
	require(!answer && r->used <= r->in.n && r->text.n <= r->in.n);
	return got;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	struct codex_rpc r = { .fd = -1, .open = true, .calls = CALLS };
	size_t first;

	if (!n)
		return 0;
	first = bytes[0] < n - 1 ? bytes[0] : n - 1;
	if (hear(&r, bytes + 1, first) != TRI_NO)
		hear(&r, bytes + 1 + first, n - 1 - first);
	codex_rpc_release(&r);
	r = (struct codex_rpc){ .fd = -1, .calls = CALLS };
	require(hear(&r, bytes, n) != TRI_YES && !r.open); /* hands are not shaken with nobody */
	codex_rpc_release(&r);
	return 0;
}
