#include <string.h>

#include "base/clock.h"
#include "cmd/listing.h"
#include "op/attach.h"
#include "op/history.h"

enum { IN_KEY = 18, IN_NUMBER = 6, IN_STATE = 13, IN_AGE = 6, IN_FROM = 16, SHOWN_TEXT = 60 };

static void print_record(const struct face *f, const struct session *s)
{
	const struct {
		const char *key, *value;
	} fields[] = {
#define ROW(member, key) { key, s->member },
		SESSION_FIELDS(ROW)
#undef ROW
	};

	face_print(f, "\nRecord:\n");
	for (size_t i = 0; i < COUNT_OF(fields); i++) {
		if (str_empty(fields[i].value))
			continue;
		face_print(f, "    ");
		face_cell(f, INK_DIM, IN_KEY, fields[i].key);
		face_cell(f, INK_NONE, 0, fields[i].value);
		face_print(f, "\n");
	}
}

static void print_message(const struct face *f, const struct message *m, int64_t now)
{
	AUTO(str_release) char *number = str_format("%04d", m->number);
	AUTO(str_release) char *age = m->changed_at ? clock_age(now - m->changed_at) : str_dup("-");
	AUTO(str_release) char *text = term_line(buf_text(&m->text));
	AUTO(buf_release) struct buf shown = { 0 };

	term_fit(&shown, text, SHOWN_TEXT, f->ascii);
	buf_trim(&shown);
	face_print(f, "    ");
	face_cell(f, INK_NONE, IN_NUMBER, number);
	face_cell(f, INK_NONE, IN_STATE, message_state_word(m->state));
	face_cell(f, INK_NONE, IN_AGE, age);
	face_cell(f, INK_NONE, IN_FROM, m->from ? m->from : "");
	face_cell(f, INK_NONE, 0, buf_text(&shown));
	face_print(f, "\n");
	if (!str_empty(m->note)) {
		face_print(f, "%*s", 4 + IN_NUMBER, "");
		face_cell(f, INK_NONE, 0, m->note);
		face_print(f, "\n");
	}
}

static void print_words(const struct face *f, const struct strv *lines)
{
	if (lines->n)
		face_print(f, "\nWhat its agent showed last:\n");
	STRV_EACH(line, lines)
		face_print(f, "    %s\n", *line);
}

static json_t *words_json(const struct strv *lines)
{
	json_t *all = json_array();

	STRV_EACH(line, lines)
		json_array_append_new(all, json_text(*line));
	return all;
}

static json_t *messages_json(const struct messages *list)
{
	json_t *all = json_array();

	for (size_t i = 0; i < list->list.n; i++) {
		const struct message *m = &list->list.v[i];
		AUTO(str_release) char *made = m->made_at ? clock_iso_ms(m->made_at) : NULL;

		json_array_append_new(all,
			json_pack("{s:i, s:s, s:o, s:o, s:o, s:o, s:o}", "number", m->number,
				"state", message_state_word(m->state), "from", json_text(m->from),
				"kind", json_text(m->kind), "note", json_text(m->note), "at",
				json_text(made), "text", json_text(buf_text(&m->text))));
	}
	return all;
}

static json_t *as_json(const struct view *v, const struct messages *m, const struct strv *words,
	const char *reason, const char *attach)
{
	json_t *all = row_json(v, attach, true);
	const struct session *s = &v->session;
	json_t *record = json_object();

#define SET(member, key)                                                                           \
	if (s->member)                                                                             \
		json_object_set_new(record, key, json_text(s->member));
	SESSION_FIELDS(SET)
#undef SET
	json_object_set_new(all, "why", json_text(reason));
	json_object_set_new(all, "record", record);
	json_object_set_new(all, "messages", messages_json(m));
	json_object_set_new(all, "lastWords", words_json(words));
	return all;
}

static void print_usage(const struct face *f, const struct told *t)
{
	const struct {
		const char *key;
		int64_t tokens;
	} parts[] = {
		{ "input", t->usage.input },
		{ "cache read", t->usage.cache_read },
		{ "cache write", t->usage.cache_write },
		{ "output", t->usage.output },
		{ "in context", usage_sum(&t->usage) },
	};

	if (!t->source)
		return;
	face_print(f, "\nTokens of its newest model call (%s):\n", t->source);
	for (size_t i = 0; i < COUNT_OF(parts); i++) {
		AUTO(str_release) char *n = str_format("%lld", (long long)parts[i].tokens);
		face_print(f, "    ");
		face_cell(f, INK_DIM, IN_KEY, parts[i].key);
		face_cell(f, INK_NONE, 0, n);
		face_print(f, "\n");
	}
}

static struct err *run(struct face *f, struct world *w, const struct args *a)
{
	AUTO(views_release) struct views v = { 0 };
	AUTO(messages_release) struct messages m = { 0 };
	AUTO(strv_release) struct strv words = { 0 };
	AUTO(str_release) char *reason = NULL;
	AUTO(str_release) char *attach = NULL;
	const char *id;

	TRY(args_session(&id, a));
	TRY(list_one(&v, w, id));
	TRY(op_messages(&m, w, id));
	op_last_words(&words, w, id);
	reason = view_why(&v.list.v[0]);
	attach = op_attach_line(w, &v.list.v[0].session);
	if (f->json) {
		face_json(f, as_json(&v.list.v[0], &m, &words, reason, attach));
		return NULL;
	}
	why_print(f, &v.list.v[0], reason);
	print_record(f, &v.list.v[0].session);
	print_usage(f, &v.list.v[0].told);
	face_print(f, "%s", m.list.n ? "\nMessages:\n" : "");
	for (size_t i = 0; i < m.list.n; i++)
		print_message(f, &m.list.v[i], v.list.v[0].facts.now);
	print_words(f, &words);
	return NULL;
}

const struct command cmd_session_show = {
	.name = "session show",
	.words = "[session]",
	.max = 1,
	.summary = "all that is known of one session: facts, record, messages",
	.example = "ao session show fe-1",
	.needs = NEEDS_CONFIG,
	.run = run,
};
