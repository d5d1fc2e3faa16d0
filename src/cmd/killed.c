#include "cmd/killed.h"

void killed_print(const struct face *f, const char *id, const struct killed *k)
{
	AUTO(str_release) char *saved = NULL;

	if (k->ref) {
		saved = str_format(
			"%s (%s) — ao session undelete %s", k->ref, k->work ? k->work : "work", id);
		face_field(f, "Saved", saved);
	}
	face_field(f, "Kept", k->kept);
}

json_t *killed_json(const char *id, const struct killed *k)
{
	return json_pack("{s:o, s:b, s:o, s:o, s:o, s:b}", "name", json_text(id), "already",
		k->already, "saved", json_text(k->ref), "work", json_text(k->work), "kept",
		json_text(k->kept), "keptWorktree", k->kept_worktree);
}
