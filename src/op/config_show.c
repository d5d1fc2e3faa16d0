#include "op/config_show.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "model/agent_read.h"
#include "model/config_read.h"
#include "slot/agent.h"
#include "slot/terminal.h"
#include "store/agent_files.h"
#include "store/config_file.h"

struct err *op_config(struct config *c, const char *named)
{
	return config_load(c, named);
}

static void misfit(struct strv *errors, const struct project *p, struct err *error)
{
	AUTO(err_release) struct err *e = error;

	if (e)
		strv_addf(errors, "projects.%s: %s", p->id, e->text);
}

static struct err *reader_known(const struct agent *a)
{
	const char *t = a->transcript;

	if (str_empty(t) || str_equal(t, "none") || agent_log_named(t))
		return NULL;
	return fail(ERR_CONFIG, "%s: agent '%s' has the transcript '%s', which no reader reads",
		a->file, a->name, t);
}

struct err *op_config_fits(const struct config *c)
{
	AUTO(strv_release) struct strv errors = { 0 };

	for (size_t i = 0; i < c->projects.n; i++) {
		const struct project *p = &c->projects.v[i];
		AUTO(agent_release) struct agent a = { 0 };
		const struct terminal *t;
		struct err *e = agent_load(&a, c, p->agent);
		misfit(&errors, p, e ? e : agent_allows(&a, p->permissions));
		misfit(&errors, p, reader_known(&a));
		misfit(&errors, p, p->terminal ? terminal_find(&t, p->terminal) : NULL);
	}
	return schema_errors(&errors);
}

struct err *op_config_trust(struct config *seen, const char *named)
{
	return config_trust(seen, named);
}

struct walk {
	struct shown_list *out;
	const struct value_origins *origins; /* NULL: none */
};

/* A text as YAML: plain where that is safe, else in double quotes. */
static void add_text(struct buf *b, const char *s)
{
	bool plain = isalnum((unsigned char)*s) || strchr("/.~_", *s);

	for (const char *p = s; *p; p++)
		plain = plain &&
			(isalnum((unsigned char)*p) || strchr("/.~_-+@=% ", *p) ||
				(*p == ':' && p[1] == '/'));
	if (plain && *s && !str_ends(s, " ")) {
		buf_adds(b, s);
		return;
	}
	buf_addc(b, '"');
	for (const char *p = s; *p; p++)
		if (*p == '\n')
			buf_adds(b, "\\n");
		else if (*p == '"' || *p == '\\')
			buf_addf(b, "\\%c", *p);
		else
			buf_addc(b, *p);
	buf_addc(b, '"');
}

static void add_list(struct buf *b, const struct strv *list)
{
	buf_addc(b, '[');
	STRV_EACH(s, list) {
		buf_adds(b, s == list->v ? "" : ", ");
		add_text(b, *s);
	}
	buf_addc(b, ']');
}

static void add_ms(struct buf *b, int64_t ms)
{
	static const struct {
		int64_t ms;
		const char *unit;
	} units[] = { { 86400000, "d" }, { 3600000, "h" }, { 60000, "m" }, { 1000, "s" },
		{ 1, "ms" } };
	size_t i = 0;

	while (ms % units[i].ms)
		i++;
	buf_addf(b, "%lld%s", (long long)(ms / units[i].ms), units[i].unit);
}

static void show(struct walk *w, const char *key, const struct buf *value)
{
	struct shown *s = (struct shown *)vec_push(w->out);

	s->key = str_dup(key);
	s->value = str_dup(buf_text(value));
	s->line = w->origins ? origins_line(w->origins, key) : 0;
}

static void show_schema(struct walk *w, const struct schema *s, void *owner, const char *path);

/* A value that lands in one place; nothing is added when it was never set. */
static void scalar(struct buf *b, const struct key *k, const void *owner)
{
	const char *at = (const char *)owner + k->at;
	bool said = !k->has || *(const bool *)((const char *)owner + k->has);

	switch (k->type) {
	case KEY_TEXT:
	case KEY_PATH:
		if (*(char *const *)at)
			add_text(b, *(char *const *)at);
		break;
	case KEY_INT:
		if (said && (k->has || *(const int *)at))
			buf_addf(b, "%d", *(const int *)at);
		break;
	case KEY_BOOL:
		if (said)
			buf_adds(b, *(const bool *)at ? "true" : "false");
		break;
	case KEY_MS:
		if (said && *(const int64_t *)at)
			add_ms(b, *(const int64_t *)at);
		break;
	default:
		if (((const struct strv *)at)->v)
			add_list(b, (const struct strv *)at);
	}
}

static void show_lists(struct walk *w, const struct key *k, void *owner, const char *path)
{
	const struct strv *list;
	const char *name = NULL;

	for (size_t i = 0; (list = k->list(owner, &name, i)); i++, name = NULL) {
		AUTO(str_release) char *key = str_format("%s.%s", path, name);
		AUTO(buf_release) struct buf b = { 0 };
		add_list(&b, list);
		show(w, key, &b);
	}
}

/* hidden: names of those that are secrets, mostly; NULL: none */
static void show_texts(struct walk *w, const struct named_texts *texts, const struct strv *hidden,
	const char *path)
{
	for (size_t i = 0; i < texts->n; i++) {
		AUTO(str_release)
		char *key = str_format("%s%s%s", path, *path ? "." : "", texts->v[i].name);
		AUTO(buf_release) struct buf b = { 0 };
		if (hidden && strv_has(hidden, texts->v[i].name))
			buf_adds(&b, "(hidden)");
		else
			add_text(&b, texts->v[i].text);
		show(w, key, &b);
	}
}

static void show_each(struct walk *w, const struct key *k, void *owner, const char *path)
{
	void *entry;

	for (size_t i = 0; (entry = k->entry(owner, NULL, i)); i++) {
		AUTO(str_release) char *key = str_format("%s.%s", path, *(char **)entry);
		show_schema(w, k->inside, entry, key);
	}
}

static void show_key(struct walk *w, const struct key *k, void *owner, const char *path)
{
	AUTO(buf_release) struct buf b = { 0 };

	switch (k->type) {
	case KEY_MAP:
		show_schema(w, k->inside, (char *)owner + k->at, path);
		break;
	case KEY_EACH:
		show_each(w, k, owner, path);
		break;
	case KEY_LISTS:
		show_lists(w, k, owner, path);
		break;
	case KEY_TEXTS:
		show_texts(w, (const struct named_texts *)((char *)owner + k->at), NULL, path);
		break;
	case KEY_IGNORED:
		break;
	default:
		scalar(&b, k, owner);
		if (b.n)
			show(w, path, &b);
	}
}

static void show_schema(struct walk *w, const struct schema *s, void *owner, const char *path)
{
	for (size_t i = 0; i < s->n; i++) {
		AUTO(str_release)
		char *key = str_format("%s%s%s", path, *path ? "." : "", s->keys[i].name);
		show_key(w, &s->keys[i], owner, key);
	}
	if (s->rest)
		show_texts(w, (const struct named_texts *)((char *)owner + s->rest),
			s->hidden ? (const struct strv *)((char *)owner + s->hidden) : NULL, path);
}

/* The tables hand out what they could also write to; nothing here does. */
void op_config_show(struct shown_list *out, const struct config *c)
{
	struct walk w = { out, &c->origins };

	show_schema(&w, &config_schema, (void *)(uintptr_t)c, "");
}

void op_agent_show(struct shown_list *out, const struct agent *a)
{
	struct walk w = { out, NULL };

	show_schema(&w, &agent_schema, (void *)(uintptr_t)a, "");
}

void shown_release(struct shown_list *l)
{
	for (size_t i = 0; i < l->n; i++) {
		free(l->v[i].key);
		free(l->v[i].value);
	}
	free(l->v);
	*l = (struct shown_list){ 0 };
}
