/*
 * Slack, by an incoming webhook (https://api.slack.com/messaging/webhooks): one section with the text, one
 * line of where it comes from. &, < and > are its control characters ("Formatting text for app
 * surfaces"); without a bare < there is no mention, no channel and no link but ours. A section takes
 * 3,000 characters.
 */
#include <stdlib.h>
#include <string.h>

#include "plugin/notifier_http.h"

enum {
	TITLE_MAX = 300,
	TITLE_ESCAPED = 600,
	TEXT_MAX = 2000,
	TEXT_ESCAPED = 2200,
	ORIGIN_ESCAPED = 2000,
};

static const char *const signs[] = {
	[PRIORITY_URGENT] = ":rotating_light: ",
	[PRIORITY_ACTION] = ":point_right: ",
	[PRIORITY_WARNING] = ":warning: ",
	[PRIORITY_INFO] = "",
};

static const char *escaped(char c)
{
	return c == '&' ? "&amp;" : c == '<' ? "&lt;" : c == '>' ? "&gt;" : NULL;
}

/* Nothing of it is cut in the middle of an entity or of a character. */
static void add_escaped(struct buf *out, const char *text, size_t max)
{
	size_t room = out->n + max;

	for (; *text; text++) {
		const char *entity = escaped(*text);
		bool begins = ((unsigned char)*text & 0xc0) != 0x80;

		if (begins && out->n + 5 > room) {
			buf_adds(out, "…");
			return;
		}
		if (entity)
			buf_adds(out, entity);
		else
			buf_addc(out, *text);
	}
}

static void add_title(struct buf *out, const struct notice *n)
{
	AUTO(buf_release) struct buf plain = { 0 };

	notifier_add(&plain, n->title, TERM_LINE, TITLE_MAX);
	buf_trim(&plain);
	add_escaped(out, plain.n ? plain.s : "ao", TITLE_ESCAPED);
}

static void add_section(struct buf *out, const struct notice *n)
{
	AUTO(buf_release) struct buf plain = { 0 };

	buf_addf(out, "%s*", signs[n->priority]);
	add_title(out, n);
	buf_adds(out, "*\n");
	notifier_add(&plain, n->text, TERM_TEXT, TEXT_MAX);
	buf_trim(&plain);
	add_escaped(out, buf_text(&plain), TEXT_ESCAPED);
	buf_trim(out);
}

static void add_origin(struct buf *out, const struct notice *n)
{
	AUTO(buf_release) struct buf plain = { 0 };

	notifier_origin(&plain, n);
	add_escaped(out, buf_text(&plain), ORIGIN_ESCAPED);
	if (!n->url || !notifier_linkable(n->url))
		return;
	buf_adds(out, " · <");
	add_escaped(out, n->url, ORIGIN_ESCAPED * 5);
	buf_adds(out, "|open>");
}

/* `text` is what a notification of the phone shows; `verbatim`: names and addresses are not looked for. */
static char *payload(const struct notice *n, const char *channel)
{
	AUTO(buf_release) struct buf title = { 0 };
	AUTO(buf_release) struct buf section = { 0 };
	AUTO(buf_release) struct buf origin = { 0 };
	json_t *j;
	char *text;

	add_title(&title, n);
	add_section(&section, n);
	add_origin(&origin, n);
	j = json_pack("{s:s, s:b, s:b, s:[{s:s, s:{s:s, s:s, s:b}}, {s:s, s:[{s:s, s:s, s:b}]}]}",
		"text", buf_text(&title), "unfurl_links", 0, "unfurl_media", 0, "blocks", "type",
		"section", "text", "type", "mrkdwn", "text", buf_text(&section), "verbatim", 1,
		"type", "context", "elements", "type", "mrkdwn", "text", buf_text(&origin),
		"verbatim", 1);
	if (channel)
		json_object_set_new(j, "channel", json_string(channel));
	text = json_dumps(j, JSON_COMPACT);
	json_decref(j);
	return text;
}

static struct err *tell(const struct notifier_call *c, const struct notice *n)
{
	AUTO(str_release) char *url = NULL;
	AUTO(str_release) char *channel = NULL;
	AUTO(str_release) char *body = NULL;

	TRY(notifier_address(&url, c, "webhookUrl", NULL));
	TRY(notifier_setting(&channel, c, "channel"));
	body = payload(n, channel);
	return notifier_post(c, &(struct http_request){ .url = url, .body = body });
}

static struct err *usable(const struct notifier_call *c)
{
	AUTO(str_release) char *url = NULL;

	return notifier_address(&url, c, "webhookUrl", NULL);
}

const struct notifier notifier_slack = {
	.plugin = { SLOT_NOTIFIER, "slack", "an incoming webhook of Slack" },
	.tell = tell,
	.usable = usable,
};
