#include "plugin/notifier_http.h"

#include <ctype.h>
#include <string.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/path.h"
#include "model/config_check.h"

enum {
	FIRST_MS = 7000,
	WAIT_MS = 3000, /* for a limit to end: Slack says 1 s mostly, Discord less */
	AGAIN_MS = 4000,
	FILE_MAX = 64 << 10,
	ANSWER_MAX = 64 << 10,
	WORDS_MAX = 200, /* bytes of what a server says to it */
	FIELD_MAX = 200,
};

/* ---- settings -------------------------------------------------------------------------------- */

static const char *said(const struct notifier_call *c, const char *name)
{
	const struct named_texts *s = &c->config->settings;

	for (size_t i = 0; i < s->n; i++)
		if (str_equal(s->v[i].name, name))
			return s->v[i].text;
	return NULL;
}

/* A link is followed: that is how secrets are mounted. */
static struct err *read_secret(char **out, const char *name, const char *file, const char *dir)
{
	AUTO(str_release) char *full = path_absolute(file, dir);
	AUTO(str_release) char *real = path_real(full);
	AUTO(buf_release) struct buf b = { 0 };
	const char *text;
	struct err *e = file_read(&b, real, FILE_MAX);

	if (e)
		return wrap(e, "%sFile", name);
	buf_trim(&b);
	text = buf_text(&b);
	text += strspn(text, " \t\r\n");
	if (*text)
		*out = str_dup(text);
	if (b.s)
		explicit_bzero(b.s, b.n);
	return NULL;
}

struct err *notifier_setting(char **out, const struct notifier_call *c, const char *name)
{
	AUTO(str_release) char *by_file = str_format("%sFile", name);
	const char *text = said(c, name), *file = said(c, by_file);

	*out = NULL;
	if (!str_empty(text))
		*out = str_dup(text);
	else if (!str_empty(file))
		return read_secret(out, name, file, c->dir);
	return NULL;
}

struct err *notifier_address(
	char **out, const struct notifier_call *c, const char *name, const char *otherwise)
{
	const char *must;

	TRY(notifier_setting(out, c, name));
	if (!*out && otherwise)
		*out = str_dup(otherwise);
	if (!*out)
		return fail(ERR_CONFIG, "its '%s' is empty", name);
	must = check_url(*out);
	return must ? fail(ERR_CONFIG, "its '%s' must be %s", name, must) : NULL;
}

/* ---- what is said of it ---------------------------------------------------------------------- */

static const char *behind_scheme(const char *url)
{
	const char *at = strstr(url, "://");

	return at ? at + 3 : url;
}

static char *host_of(const char *url)
{
	const char *at = behind_scheme(url);

	return str_ndup(at, strcspn(at, "/?#"));
}

/* Each occurrence of the secret becomes a … */
static void hide(struct buf *text, const char *secret)
{
	AUTO(buf_release) struct buf out = { 0 };
	const char *at = buf_text(text), *found;

	if (!secret || strlen(secret) < 2)
		return;
	while ((found = strstr(at, secret))) {
		buf_add(&out, at, (size_t)(found - at));
		buf_adds(&out, "…");
		at = found + strlen(secret);
	}
	buf_adds(&out, at);
	buf_cut(text, 0);
	buf_adds(text, buf_text(&out));
}

/* What a server says may hold what it was asked for: the path is the secret of Slack and Discord. */
static struct err *failed(const struct http_answer *a, const struct http_request *r)
{
	AUTO(str_release) char *host = host_of(r->url);
	AUTO(buf_release) struct buf text = { 0 };
	const char *path = behind_scheme(r->url) + strlen(host);
	bool with_words = a->status >= 400 && a->status < 500 && a->outcome != HTTP_RATE_LIMITED;
	AUTO(str_release) char *there = a->location ? host_of(a->location) : NULL;
	struct err *e = http_failed(a, host), *clean;

	if (!e)
		return NULL;
	buf_adds(&text, e->text);
	if (there) {
		buf_cut(&text, 0);
		buf_addf(&text, "%s: it points elsewhere, to ", host);
		notifier_add(&text, there, TERM_LINE, FIELD_MAX);
	}
	if (with_words && a->body.n) {
		buf_adds(&text, ": ");
		notifier_add(&text, buf_text(&a->body), TERM_LINE, WORDS_MAX);
	}
	hide(&text, path);
	hide(&text, r->token);
	clean = fail(e->class, "%s", buf_text(&text));
	err_drop(e, "said in other words");
	return clean;
}

/* ---- asking ---------------------------------------------------------------------------------- */

/* One that was refused for its limit was not taken: a second one is no double. */
static bool may_wait(const struct http_answer *a)
{
	return a->outcome == HTTP_RATE_LIMITED && a->until - clock_wall() <= WAIT_MS;
}

struct err *notifier_post(const struct notifier_call *c, struct http_request *r)
{
	struct http_answer a = { 0 };
	struct err *e;

	r->method = "POST";
	r->timeout_ms = FIRST_MS;
	r->max_bytes = ANSWER_MAX;
	TRY(http_ask(&a, r, 1, c->data_dir));
	if (may_wait(&a)) {
		int64_t left = a.until - clock_wall();

		http_answers_release(&a, 1);
		TRY(clock_sleep(left > 0 ? left + 1 : 0));
		r->timeout_ms = AGAIN_MS;
		TRY(http_ask(&a, r, 1, c->data_dir));
	}
	e = failed(&a, r);
	http_answers_release(&a, 1);
	return e;
}

/* ---- texts ----------------------------------------------------------------------------------- */

void notifier_origin(struct buf *out, const struct notice *n)
{
	const char *const words[] = { n->project, n->session, n->event };

	for (size_t i = 0; i < COUNT_OF(words); i++) {
		if (str_empty(words[i]))
			continue;
		buf_adds(out, out->n ? " · " : "");
		notifier_add(out, words[i], TERM_LINE, FIELD_MAX);
	}
}

bool notifier_linkable(const char *url)
{
	if (!str_starts(url, "https://") && !str_starts(url, "http://"))
		return false;
	for (const char *p = url; *p; p++)
		if (*p <= ' ' || *p > '~' || strchr("<>\"|\\`", *p))
			return false;
	return strlen(url) <= 2000;
}
