/* Answers of opencode, or of whoever sits on its port: what comes of them has bounds, and an id that may
 * stand in a URL. */
#include "fuzz.h"
#include "plugin/opencode.h"

enum { DETAIL_MAX = 2000 };

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	static const struct channel_ref ref = { .worktree = (char *)"/home/u/.worktrees/fe-1",
		.conversation = (char *)"ses_a" };
	json_t *o = json_loadb((const char *)bytes, n, 0, NULL);
	struct opencode_said said = { json_object_get(o, "sessions"), json_object_get(o, "status"),
		json_object_get(o, "permissions"), json_object_get(o, "questions"),
		json_object_get(o, "messages") };
	struct channel_fact f = { 0 };

	opencode_read(&f, &said, opencode_choose(said.sessions, &ref), 1795365902607);
	require(f.answered || (!f.conversation && f.says == ACTIVITY_UNKNOWN));
	require(!f.detail || strlen(f.detail) < DETAIL_MAX);
	require(!f.conversation || !f.conversation[strcspn(f.conversation, "/?#% \r\n")]);
	require(usage_sum(&f.usage) >= 0 && f.cost >= 0);
	require(!f.options.n || (f.asks && f.says == ACTIVITY_WAITING_INPUT));
	channel_fact_release(&f);
	opencode_is_cut_off(o);
	json_decref(o);
	return 0;
}
