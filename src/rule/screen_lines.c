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

/* Off the end of a line: blanks, and what a bar for scrolling draws there. */
static void cut_end(struct buf *b)
{
	static const char bar[] = "█";
	size_t n = sizeof(bar) - 1;

	buf_trim(b);
	if (!str_ends(buf_text(b), bar) || (b->n > n && b->s[b->n - n - 1] != ' '))
		return;
	buf_cut(b, b->n - n);
	buf_trim(b);
}

static void end_line(struct screen_lines *out, struct pen *p)
{
	struct screen_line *l = (struct screen_line *)vec_push(out);

	settle_cursor(p, false);
	cut_end(&p->text);
	cut_end(&p->typed);
	l->text = buf_detach(&p->text);
	l->typed = buf_detach(&p->typed);
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
