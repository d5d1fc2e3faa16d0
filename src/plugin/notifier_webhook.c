/*
 * A server of the user's own: notifier_json() by POST. With a secret the body is signed as GitHub signs
 * its webhooks, X-Hub-Signature-256 with an HMAC of SHA-256 in hex
 * (https://docs.github.com/webhooks/using-webhooks/validating-webhook-deliveries). `id` and `time`
 * are in the body, and so under the signature: by them a receiver knows an old one.
 */
#include <stdlib.h>
#include <string.h>

#include "base/sha256.h"
#include "plugin/notifier_http.h"

enum { TEXT_MAX = 16384, LINE_MAX_BYTES = 1000 };

static void cut(struct buf *out, const char **text, enum term_text kind, size_t max)
{
	if (!*text)
		return;
	notifier_add(out, *text, kind, max);
	*text = buf_text(out);
}

/* Its texts bounded: a server takes so much in one request. */
static char *payload(const struct notifier_call *c, struct notice n)
{
	struct notifier_config bare = *c->config;
	struct notifier_call call = *c;
	AUTO(buf_release) struct buf title = { 0 };
	AUTO(buf_release) struct buf text = { 0 };
	AUTO(buf_release) struct buf url = { 0 };

	bare.settings = (struct named_texts){ 0 }; /* its own address and secret */
	call.config = &bare;
	cut(&title, &n.title, TERM_LINE, LINE_MAX_BYTES);
	cut(&text, &n.text, TERM_TEXT, TEXT_MAX);
	cut(&url, &n.url, TERM_LINE, LINE_MAX_BYTES);
	return notifier_json(&call, &n);
}

static void add_headers(
	struct strv *headers, const struct notice *n, const char *secret, const char *body)
{
	AUTO(buf_release) struct buf event = { 0 };
	AUTO(buf_release) struct buf id = { 0 };

	notifier_add(&event, n->event, TERM_LINE, LINE_MAX_BYTES);
	notifier_add(&id, n->id, TERM_LINE, LINE_MAX_BYTES);
	strv_addf(headers, "X-AO-Event: %s", buf_text(&event));
	strv_addf(headers, "X-AO-Delivery: %s", buf_text(&id));
	if (secret)
		strv_addf(headers, "X-Hub-Signature-256: sha256=%s",
			hmac_sha256(secret, strlen(secret), body, strlen(body)).s);
}

static struct err *tell(const struct notifier_call *c, const struct notice *n)
{
	AUTO(str_release) char *url = NULL;
	AUTO(str_release) char *secret = NULL;
	AUTO(str_release) char *body = NULL;
	AUTO(strv_release) struct strv headers = { 0 };

	TRY(notifier_address(&url, c, "url", NULL));
	TRY(notifier_setting(&secret, c, "secret"));
	body = payload(c, *n);
	add_headers(&headers, n, secret, body);
	return notifier_post(
		c, &(struct http_request){ .url = url, .body = body, .headers = headers.v });
}

static struct err *usable(const struct notifier_call *c)
{
	AUTO(str_release) char *url = NULL;
	AUTO(str_release) char *secret = NULL;

	TRY(notifier_address(&url, c, "url", NULL));
	return notifier_setting(&secret, c, "secret");
}

const struct notifier notifier_webhook = {
	.plugin = { SLOT_NOTIFIER, "webhook", "a server of yours, signed" },
	.tell = tell,
	.usable = usable,
};
