/* Answers of trackers elsewhere, or of whoever sits in their place: whatever is in them, an issue comes of them that
 * is open or closed and keeps its words through a file; and what a stranger says of it is not shown. */
#include <string.h>

#include "fuzz.h"
#include "plugin/gitlab.h"
#include "plugin/trackers.h"

static void check(struct issue *i)
{
	AUTO(buf_release) struct buf file = { 0 };
	AUTO(issue_release) struct issue back = { 0 };

	require(i->id && i->state);
	require(str_equal(i->state, "open") || str_equal(i->state, "closed"));
	require(!memchr(buf_text(&i->body), '\0', i->body.n));
	issue_write(&file, i);
	issue_parse(&back, i->id, buf_text(&file), file.n, NULL);
	require(issue_closed(&back) == issue_closed(i));
	require(back.body.n >= i->body.n &&
		!memcmp(buf_text(&back.body), buf_text(&i->body), i->body.n));
	issue_release(i);
}

/* Nobody is trusted and nobody a member: of what was said only the number is told. */
static void check_strangers(json_t *o)
{
	AUTO(issue_release) struct issue i = { 0 };
	json_t *nobody = json_array();

	gitlab_read_issue(&i, o, json_object_get(o, "notes"), nobody, NULL);
	require(!i.body.n || !strstr(buf_text(&i.body), "\n\nComment by ") ||
		strstr(github_text(o, "description"), "\n\nComment by "));
	json_decref(nobody);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	json_t *o = json_loadb((const char *)bytes, n, JSON_ALLOW_NUL, NULL);
	json_t *members = gitlab_members(json_object_get(o, "members"));
	struct issue i = { 0 };

	github_read_issue(&i, o, NULL);
	check(&i);
	gitlab_read_issue(&i, o, json_object_get(o, "notes"), members, NULL);
	check(&i);
	linear_read_issue(&i, o);
	check(&i);
	check_strangers(o);
	json_decref(members);
	json_decref(o);
	return 0;
}
