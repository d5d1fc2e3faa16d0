/*
 * ntfy (https://docs.ntfy.sh/publish/, "Publish as JSON"): all in the body, since a header takes no UTF-8.
 * Priorities go from 5, which breaks through a phone's silence, to 1. A message longer than 4,096 bytes
 * would become a file; one without a text is shown as "triggered".
 */
#include <stdlib.h>
#include <string.h>

#include "plugin/notifier_http.h"

enum { TITLE_MAX = 250, TEXT_MAX = 3900 };

static const struct {
	int priority;
	const char *tag; /* of those that it shows as a picture */
} levels[] = {
	[PRIORITY_URGENT] = { 5, "rotating_light" },
	[PRIORITY_ACTION] = { 4, "point_right" },
	[PRIORITY_WARNING] = { 3, "warning" },
	[PRIORITY_INFO] = { 2, "information_source" },
};

static char *payload(const struct notice *n, const char *topic)
{
	AUTO(buf_release) struct buf title = { 0 };
	AUTO(buf_release) struct buf text = { 0 };
	AUTO(buf_release) struct buf origin = { 0 };
	json_t *j;
	char *body;

	notifier_add(&title, n->title, TERM_LINE, TITLE_MAX);
	notifier_add(&text, n->text, TERM_TEXT, TEXT_MAX);
	buf_trim(&text);
	notifier_origin(&origin, n);
	j = json_pack("{s:s, s:s, s:s, s:i, s:[s]}", "topic", topic, "title",
		title.n ? title.s : "ao", "message", text.n ? text.s : buf_text(&origin),
		"priority", levels[n->priority].priority, "tags", levels[n->priority].tag);
	if (n->url && notifier_linkable(n->url))
		json_object_set_new(j, "click", json_string(n->url));
	body = json_dumps(j, JSON_COMPACT);
	json_decref(j);
	return body;
}

struct place {
	char *url, *topic, *token;
};

static void place_release(struct place *p)
{
	str_release(&p->url);
	str_release(&p->topic);
	str_release(&p->token);
}

/* What is published goes to the server itself, the topic is in it. */
static struct err *find(struct place *p, const struct notifier_call *c)
{
	TRY(notifier_address(&p->url, c, "url", "https://ntfy.sh"));
	TRY(notifier_setting(&p->token, c, "token"));
	TRY(notifier_setting(&p->topic, c, "topic"));
	return p->topic ? NULL : fail(ERR_CONFIG, "its 'topic' is empty");
}

static struct err *tell(const struct notifier_call *c, const struct notice *n)
{
	AUTO(place_release) struct place p = { 0 };
	AUTO(str_release) char *body = NULL;

	TRY(find(&p, c));
	body = payload(n, p.topic);
	return notifier_post(
		c, &(struct http_request){ .url = p.url, .body = body, .token = p.token });
}

static struct err *usable(const struct notifier_call *c)
{
	AUTO(place_release) struct place p = { 0 };

	return find(&p, c);
}

const struct notifier notifier_ntfy = {
	.plugin = { SLOT_NOTIFIER, "ntfy", "ntfy.sh, or a server of that kind" },
	.tell = tell,
	.usable = usable,
};
