#include "rule/screen_lines.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"

struct pen {
	bool dim, reverse;
	bool held; /* the character under the cursor waits to see whether it belongs to a hint */
	char cell[8];
	struct buf text, typed;
};

/* Select Graphic Rendition (ECMA-48, 8.3.117): only faint and negative matter. s is behind "ESC [". */
static void set_pen(struct pen *p, const char *s)
{
	for (;;) {
		char *end;
		long code = strtol(s, &end, 10);
		bool colon = *end == ':';
		while (*end == ':' || (colon && isdigit((unsigned char)*end)))
			end++;
		if (code == 0 || code == 22)
			p->dim = false;
		if (code == 0 || code == 27)
			p->reverse = false;
		if (code == 2)
			p->dim = true;
		if (code == 7)
			p->reverse = true;
		if (*end != ';')
			return;
		s = end + 1;
		if ((code == 38 || code == 48 || code == 58) &&
			!colon) { /* 5;n or 2;r;g;b are no codes */
			int skip = *s == '5' ? 2 : 4;
			while (skip-- && *s) {
				s += strspn(s, "0123456789");
				s += *s == ';';
			}
			if (!isdigit((unsigned char)*s))
				return;
		}
	}
}

/* s is at ESC. Returns what is behind the sequence. */
static const char *escape(struct pen *p, const char *s)
{
	const char *start;

	if (s[1] == '[') {
		start = s + 2;
		s = start + strspn(start, "0123456789;:<=>?!\"'$ ");
		if (*s == 'm')
			set_pen(p, start);
		return *s ? s + 1 : s;
	}
	if (s[1] == ']') {
		for (s += 2; *s && *s != '\a' && *s != '\n' && !(*s == '\033' && s[1] == '\\'); s++)
			;
		return *s == '\a' ? s + 1 : *s == '\033' ? s + 2 : s;
	}
	return s[1] ? s + 2 : s + 1;
}

static size_t character(const char *s)
{
	size_t n = 1;

	while (n < 4 && ((unsigned char)s[n] & 0xc0) == 0x80)
		n++;
	return n;
}

/* The cursor's cell is drawn in reverse, without the dim of a hint that it stands on. */
static void settle_cursor(struct pen *p, bool hint)
{
	if (!p->held)
		return;
	buf_adds(&p->typed, hint ? " " : p->cell);
	p->held = false;
}

static void put(struct pen *p, const char *s, size_t n)
{
	bool space = n == 1 && *s == ' ';

	if (n == 3 && memcmp(s, "\xe2\x80\x8b", 3) == 0)
		return; /* zero width: where a cursor stands */
	if (n == 2 && memcmp(s, "\xc2\xa0", 2) == 0) {
		s = " ";
		n = 1;
		space = true;
	}
	settle_cursor(p, p->dim && !space);
	buf_add(&p->text, s, n);
	if (p->reverse && !p->dim && !space) {
		memcpy(p->cell, s, n);
		p->cell[n] = '\0';
		p->held = true;
	} else if (p->dim) {
		buf_addc(&p->typed, ' ');
	} else {
		buf_add(&p->typed, s, n);
	}
}

static void end_line(struct screen_lines *out, struct pen *p)
{
	struct screen_line *l = (struct screen_line *)vec_push(out);

	settle_cursor(p, false);
	buf_trim(&p->text);
	buf_trim(&p->typed);
	l->text = buf_detach(&p->text);
	l->typed = buf_detach(&p->typed);
}

/* Characters of a line; what chooses between a text and a picture (U+FE0E, U+FE0F) has no place of its own. */
static size_t columns(const char *s)
{
	size_t n = 0;

	for (; *s; s += character(s))
		n += memcmp(s, "\xef\xb8", 2) != 0;
	return n;
}

static void cut_bar(char *s)
{
	static const char *const bars[] = { "█", "┃" };
	size_t n = strlen(s);

	for (size_t i = 0; i < COUNT_OF(bars); i++) {
		size_t of = strlen(bars[i]);
		if (!str_ends(s, bars[i]) || (n > of && s[n - of - 1] != ' '))
			continue;
		for (n -= of; n && s[n - 1] == ' '; n--)
			;
		s[n] = '\0';
	}
}

/* What a bar for scrolling draws at the right edge, which is where the longest lines end. */
static void cut_bars(struct screen_lines *s)
{
	size_t edge = 0;

	for (size_t i = 0; i < s->n; i++) {
		size_t n = columns(s->v[i].text);
		edge = n > edge ? n : edge;
	}
	for (size_t i = 0; i < s->n; i++)
		if (columns(s->v[i].text) == edge) {
			cut_bar(s->v[i].text);
			cut_bar(s->v[i].typed);
		}
}

void screen_split(struct screen_lines *out, const char *screen)
{
	struct pen p = { 0 };

	for (const char *s = screen ? screen : ""; *s;) {
		size_t n = character(s);
		if (*s == '\033') {
			s = escape(&p, s);
			continue;
		}
		if (*s == '\n')
			end_line(out, &p);
		else if ((unsigned char)*s >= ' ')
			put(&p, s, n);
		s += n;
	}
	end_line(out, &p);
	buf_release(&p.text);
	buf_release(&p.typed);
	cut_bars(out);
	while (out->n && !out->v[out->n - 1].text[0]) {
		out->n--;
		free(out->v[out->n].text);
		free(out->v[out->n].typed);
	}
}

void screen_lines_release(struct screen_lines *s)
{
	for (size_t i = 0; i < s->n; i++) {
		free(s->v[i].text);
		free(s->v[i].typed);
	}
	free(s->v);
	*s = (struct screen_lines){ 0 };
}
