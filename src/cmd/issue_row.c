#include "cmd/issue_row.h"

#include <stdlib.h>
#include <string.h>

#include "op/prompt.h"

char *issue_name(const struct issue *i)
{
	return issue_shown(i->id);
}

const char *issue_word(const struct issue *i)
{
	return issue_closed(i) ? "closed" : "open";
}

static json_t *number_json(const char *id)
{
	bool number = *id && strlen(id) < 10 && strspn(id, "0123456789") == strlen(id);

	return number ? json_integer(atol(id)) : json_null();
}

json_t *issue_json(const struct issue *i, bool full)
{
	json_t *j = json_pack("{s:o, s:o, s:o, s:s, s:o, s:o, s:o, s:o, s:o}", "id",
		json_text(i->id), "number", number_json(i->id), "title",
		json_text(i->title ? i->title : ""), "state", issue_word(i), "author",
		json_text(i->author), "createdAt", json_text(i->created_at), "closedAt",
		json_text(i->closed_at), "reason", json_text(i->reason), "place",
		json_text(i->place));

	if (full)
		json_object_set_new(j, "body", json_text(buf_text(&i->body)));
	return j;
}
