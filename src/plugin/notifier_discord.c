/*
 * Discord, by a channel's webhook (https://discord.com/developers/docs/resources/webhook, "Execute
 * Webhook"): one embed. Nobody is mentioned, whatever the text says (allowed_mentions), and its Markdown
 * is escaped, so that no text of others makes a link that shows another address than its own. An
 * embed's title takes 256 characters, its description 4,096.
 */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "plugin/notifier_http.h"

enum { TITLE_MAX = 120, TEXT_MAX = 1900, FOOTER_MAX = 600 };

static const int colours[] = {
	[PRIORITY_URGENT] = 0xd73a49,
	[PRIORITY_ACTION] = 0x0366d6,
	[PRIORITY_WARNING] = 0xdbab09,
	[PRIORITY_INFO] = 0x6a737d,
};

/* Twice as long at most. */
static void add_escaped(struct buf *out, const char *text, enum term_text kind, size_t max)
{
	AUTO(buf_release) struct buf plain = { 0 };

	notifier_add(&plain, text, kind, max);
	buf_trim(&plain);
	for (const char *p = buf_text(&plain); *p; p++) {
		if (strchr("\\*_~`|<>[]()#:@", *p))
			buf_addc(out, '\\');
		buf_addc(out, *p);
	}
}

static char *payload(const struct notice *n)
{
	AUTO(buf_release) struct buf title = { 0 };
	AUTO(buf_release) struct buf text = { 0 };
	AUTO(buf_release) struct buf origin = { 0 };
	AUTO(str_release) char *at = clock_iso_ms(n->at);
	json_t *embed, *j;
	char *body;

	add_escaped(&title, n->title, TERM_LINE, TITLE_MAX);
	add_escaped(&text, n->text, TERM_TEXT, TEXT_MAX);
	notifier_origin(&origin, n); /* a footer has no Markdown */
	term_cut(&origin, FOOTER_MAX);
	embed = json_pack("{s:s, s:i, s:s, s:{s:s}}", "title", title.n ? title.s : "ao", "color",
		colours[n->priority], "timestamp", at, "footer", "text", buf_text(&origin));
	if (text.n)
		json_object_set_new(embed, "description", json_string(text.s));
	if (n->url && notifier_linkable(n->url))
		json_object_set_new(embed, "url", json_string(n->url));
	j = json_pack("{s:s, s:{s:[]}, s:[o]}", "username", "ao", "allowed_mentions", "parse",
		"embeds", embed);
	body = json_dumps(j, JSON_COMPACT);
	json_decref(j);
	return body;
}

static struct err *tell(const struct notifier_call *c, const struct notice *n)
{
	AUTO(str_release) char *url = NULL;
	AUTO(str_release) char *body = NULL;

	TRY(notifier_address(&url, c, "webhookUrl", NULL));
	body = payload(n);
	return notifier_post(c, &(struct http_request){ .url = url, .body = body });
}

static struct err *usable(const struct notifier_call *c)
{
	AUTO(str_release) char *url = NULL;

	return notifier_address(&url, c, "webhookUrl", NULL);
}

const struct notifier notifier_discord = {
	.plugin = { SLOT_NOTIFIER, "discord", "a channel's webhook of Discord" },
	.tell = tell,
	.usable = usable,
};
