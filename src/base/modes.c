#include "base/modes.h"

#include <stdlib.h>
#include <string.h>

enum state {
	TEXT,
	ESCAPE,
	CONTROL,     /* ESC [ … */
	COMMAND,     /* ESC ] … */
	COMMAND_ESC, /* an ESC in it, which ends it */
	STRING,      /* of another kind: skipped to its end */
	STRING_ESC,
};

static void set_mode(struct modes *m, int number, bool on)
{
	for (size_t i = 0; i < m->n; i++) {
		if (m->v[i].number == number) {
			m->v[i].on = on;
			return;
		}
	}
	if (m->n < COUNT_OF(m->v))
		m->v[m->n++] = (struct mode){ number, on };
}

bool modes_on(const struct modes *m, int number)
{
	for (size_t i = 0; i < m->n; i++)
		if (m->v[i].number == number)
			return m->v[i].on;
	return false;
}

bool modes_full_screen(const struct modes *m)
{
	return modes_on(m, 1049) || modes_on(m, 1047) || modes_on(m, 47);
}

void modes_write(struct buf *out, const struct modes *m)
{
	for (size_t i = 0; i < m->n; i++)
		buf_addf(out, "\033[?%d%c", m->v[i].number, m->v[i].on ? 'h' : 'l');
}

/* A fresh terminal breaks long lines and shows its cursor. */
void modes_undo(struct buf *out, const struct modes *m)
{
	for (size_t i = 0; i < m->n; i++) {
		bool fresh = m->v[i].number == 7 || m->v[i].number == 25;
		if (m->v[i].on != fresh)
			buf_addf(out, "\033[?%d%c", m->v[i].number, fresh ? 'h' : 'l');
	}
}

static void end_control(struct modes *m, char final, struct buf *replies)
{
	static const struct {
		const char *text;
		char final;
		const char *reply;
	} questions[] = {
		{ "", 'c', "\033[?1;2c" },
		{ "0", 'c', "\033[?1;2c" },
		{ "5", 'n', "\033[0n" },
		{ "6", 'n', "\033[1;1R" },
	};

	if (m->text[0] == '?' && (final == 'h' || final == 'l')) {
		char *rest = NULL;
		for (char *word = strtok_r(m->text + 1, ";", &rest); word;
			word = strtok_r(NULL, ";", &rest))
			if (atoi(word) > 0)
				set_mode(m, atoi(word), final == 'h');
	}
	for (size_t i = 0; replies && i < COUNT_OF(questions); i++)
		if (final == questions[i].final && str_equal(m->text, questions[i].text))
			buf_adds(replies, questions[i].reply);
}

static void end_command(struct modes *m)
{
	if (m->text[0] && strchr("02", m->text[0]) && m->text[1] == ';')
		memcpy(m->title, m->text + 2, m->text_n - 1);
}

static void begin(struct modes *m, enum state state)
{
	m->state = state;
	m->text_n = 0;
	m->text[0] = '\0';
}

/* A title that is longer keeps its beginning; any other sequence of that length is none we know. */
static void keep(struct modes *m, char c)
{
	if (m->text_n < sizeof(m->text) - 1) {
		m->text[m->text_n++] = c;
		m->text[m->text_n] = '\0';
	}
}

static void after_escape(struct modes *m, char c)
{
	if (c == '[')
		begin(m, CONTROL);
	else if (c == ']')
		begin(m, COMMAND);
	else if (strchr("PX^_", c) && c)
		m->state = STRING;
	else
		m->state = c == '\033' ? ESCAPE : TEXT;
	if (c == 'c') /* full reset */
		*m = (struct modes){ 0 };
}

static void feed(struct modes *m, char c, struct buf *replies)
{
	switch ((enum state)m->state) {
	case TEXT:
		if (c == '\033')
			m->state = ESCAPE;
		break;
	case CONTROL:
		if (c >= 0x40 && c <= 0x7e) {
			end_control(m, c, replies);
			m->state = TEXT;
		} else if (c == '\033') {
			m->state = ESCAPE;
		} else {
			keep(m, c);
		}
		break;
	case COMMAND:
		if (c == '\a' || c == '\033') {
			end_command(m);
			m->state = c == '\a' ? TEXT : COMMAND_ESC;
		} else {
			keep(m, c);
		}
		break;
	case STRING:
		if (c == '\033')
			m->state = STRING_ESC;
		break;
	case COMMAND_ESC:
	case STRING_ESC:
		if (c == '\\')
			m->state = TEXT;
		else
			after_escape(m, c);
		break;
	case ESCAPE:
		after_escape(m, c);
		break;
	}
}

void modes_feed(struct modes *m, const char *bytes, size_t n, struct buf *replies)
{
	for (size_t i = 0; i < n; i++)
		feed(m, bytes[i], replies);
}
