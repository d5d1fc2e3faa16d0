#include "base/term.h"

#include <langinfo.h>
#include <locale.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <wchar.h>

enum {
	NO_CHARACTER = 0xfffd,
	ESCAPE_MAX = 4096, /* a longer control string is not searched for its end */
};

/* One character of n > 0 bytes; *c is NO_CHARACTER for a byte that begins none (RFC 3629). */
static size_t decode(uint32_t *c, const char *s, size_t n)
{
	static const uint32_t smallest[] = { 0, 0, 0x80, 0x800, 0x10000 };
	unsigned char first = (unsigned char)*s;
	size_t length = first < 0x80 ? 1 : first >> 5 == 6 ? 2 : first >> 4 == 14 ? 3 : 4;
	uint32_t value = first & (0xff >> (length + 1));

	*c = NO_CHARACTER;
	if (length == 1)
		return *c = first, 1;
	if (first < 0xc2 || first > 0xf4 || length > n)
		return 1;
	for (size_t i = 1; i < length; i++) {
		if (((unsigned char)s[i] & 0xc0) != 0x80)
			return 1;
		value = value << 6 | ((unsigned char)s[i] & 0x3f);
	}
	if (value < smallest[length] || value > 0x10ffff || (value >= 0xd800 && value < 0xe000))
		return 1;
	*c = value;
	return length;
}

static bool within(char c, unsigned char low, unsigned char high)
{
	return (unsigned char)c >= low && (unsigned char)c <= high;
}

/* Length of a control string (OSC, DCS, …) whose body starts at `from`; without its end, only the
 * introducer counts: a stray one must not swallow the text behind it. */
static size_t string_length(const char *s, size_t n, size_t from)
{
	for (size_t i = from; i < n && i < from + ESCAPE_MAX; i++) {
		if (s[i] == '\a')
			return i + 1;
		if (i + 1 < n &&
			((s[i] == '\033' && s[i + 1] == '\\') ||
				(s[i] == '\xc2' && s[i + 1] == '\x9c')))
			return i + 2;
	}
	return from;
}

static size_t sequence_length(const char *s, size_t n, size_t from)
{
	size_t i = from;

	while (i < n && within(s[i], 0x20, 0x3f))
		i++;
	return i < n && within(s[i], 0x40, 0x7e) ? i + 1 : i;
}

/* How many bytes the escape sequence at s takes, in its 7-bit (ESC [) or 8-bit (U+009B) form; 0: none
 * begins here. */
static size_t escape_length(const char *s, size_t n)
{
	bool seven = s[0] == '\033';
	size_t i = 1;
	char kind;

	if (!seven && !(n > 1 && s[0] == '\xc2' && within(s[1], 0x80, 0x9f)))
		return 0;
	if (n < 2)
		return 1;
	kind = seven ? s[1] : (char)(s[1] - 0x40);
	if (kind == '[')
		return sequence_length(s, n, 2);
	if (strchr("]PX^_", kind) && kind)
		return string_length(s, n, 2);
	if (!seven)
		return 2;
	while (i < n && within(s[i], 0x20, 0x2f))
		i++;
	return i < n && within(s[i], 0x30, 0x7e) ? i + 1 : i;
}

/* Marks that turn the reading direction, so that a line says other than it seems (CVE-2021-42574). */
static bool turns_direction(uint32_t c)
{
	return c == 0x61c || c == 0x200e || c == 0x200f || (c >= 0x202a && c <= 0x202e) ||
		(c >= 0x2066 && c <= 0x2069);
}

/* DerivedCoreProperties.txt, those that are assigned for good. */
static bool is_unseen(uint32_t c)
{
	static const uint32_t ranges[][2] = { { 0xad, 0xad }, { 0x34f, 0x34f }, { 0x61c, 0x61c },
		{ 0x115f, 0x1160 }, { 0x17b4, 0x17b5 }, { 0x180b, 0x180f }, { 0x200b, 0x200f },
		{ 0x202a, 0x202e }, { 0x2060, 0x206f }, { 0x3164, 0x3164 }, { 0xfe00, 0xfe0f },
		{ 0xfeff, 0xfeff }, { 0xffa0, 0xffa0 }, { 0x1bca0, 0x1bca3 }, { 0x1d173, 0x1d17a },
		{ 0xe0000, 0xe0fff } };

	for (size_t i = 0; i < sizeof(ranges) / sizeof(*ranges); i++)
		if (c >= ranges[i][0] && c <= ranges[i][1])
			return true;
	return false;
}

static bool is_control(uint32_t c)
{
	return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x2028 || c == 0x2029 ||
		turns_direction(c);
}

static void add_control(struct buf *out, uint32_t c, enum term_text kind)
{
	if ((c == '\n' || c == '\t') && kind == TERM_TEXT)
		buf_addc(out, (char)c);
	else if (c == '\n' || c == '\t' || c == 0x2028 || c == 0x2029)
		buf_addc(out, ' ');
}

/* Printable ASCII, which is nearly all of it and never needs a second look. */
static size_t plain_length(const char *s, size_t n)
{
	size_t i = 0;

	while (i < n && s[i] >= ' ' && s[i] <= '~')
		i++;
	return i;
}

void term_seen(struct buf *out, const char *s, size_t n)
{
	for (size_t i = 0; i < n;) {
		size_t used = plain_length(s + i, n - i);
		uint32_t c = 0;

		if (!used)
			used = decode(&c, s + i, n - i);
		if (!is_unseen(c))
			buf_add(out, s + i, used);
		i += used;
	}
}

void term_safe(struct buf *out, const char *s, size_t n, enum term_text kind)
{
	for (size_t i = 0; i < n;) {
		size_t plain = plain_length(s + i, n - i);
		size_t skip = plain ? 0 : escape_length(s + i, n - i);
		uint32_t c;
		size_t used;

		if (plain) {
			buf_add(out, s + i, plain);
			i += plain;
			continue;
		}
		if (skip) {
			i += skip;
			continue;
		}
		used = decode(&c, s + i, n - i);
		if (is_control(c))
			add_control(out, c, kind);
		else if (c == NO_CHARACTER)
			buf_adds(out, "\xef\xbf\xbd");
		else
			buf_add(out, s + i, used);
		i += used;
	}
}

char *term_line(const char *s)
{
	struct buf b = { 0 };

	if (s)
		term_safe(&b, s, strlen(s), TERM_LINE);
	return buf_detach(&b);
}

void term_safe_json(struct buf *out, const char *s, size_t n)
{
	for (size_t i = 0; i < n;) {
		uint32_t c;
		size_t used = decode(&c, s + i, n - i);

		if (c >= 0x7f && is_control(c))
			buf_addf(out, "\\u%04x", (unsigned)c);
		else
			buf_add(out, s + i, used);
		i += used;
	}
}

static const struct replacement {
	uint32_t c;
	const char *ascii;
} replacements[] = {
	{ 0x2713, "ok" },  /* ✓ */
	{ 0x2717, "no" },  /* ✗ */
	{ 0x22ef, ".." },  /* ⋯ */
	{ 0x25b3, "?" },   /* △ */
	{ 0x2500, "-" },   /* ─ */
	{ 0x2026, "..." }, /* … */
	{ 0x00b7, "-" },   /* · */
	{ 0x2014, "-" },   /* — */
	{ 0x276f, ">" },   /* ❯ */
	{ 0x2019, "'" },   /* ’ */
};

static const char *in_ascii(uint32_t c)
{
	for (size_t i = 0; i < COUNT_OF(replacements); i++)
		if (replacements[i].c == c)
			return replacements[i].ascii;
	return "?";
}

void term_ascii(struct buf *out, const char *s)
{
	size_t n = strlen(s), used;

	for (size_t i = 0; i < n; i += used) {
		uint32_t c;

		used = decode(&c, s + i, n - i);
		if (c < 0x80)
			buf_addc(out, s[i]);
		else
			buf_adds(out, in_ascii(c));
	}
}

static int cells(uint32_t c)
{
	int width = wcwidth((wchar_t)c);

	return width < 0 ? 1 : width;
}

int term_width(const char *s)
{
	size_t n = strlen(s), used;
	int width = 0;

	for (size_t i = 0; i < n; i += used) {
		uint32_t c;

		used = decode(&c, s + i, n - i);
		width += cells(c);
	}
	return width;
}

/* How many bytes of s fill at most `width` cells; marks that combine with the last one included. */
static size_t bytes_within(const char *s, int width)
{
	size_t n = strlen(s), i = 0;

	while (i < n) {
		uint32_t c;
		size_t used = decode(&c, s + i, n - i);

		width -= cells(c);
		if (width < 0)
			break;
		i += used;
	}
	return i;
}

void term_cut(struct buf *b, size_t n)
{
	while (n && n < b->n && ((unsigned char)b->s[n] & 0xc0) == 0x80)
		n--;
	buf_cut(b, n);
}

void term_fit(struct buf *out, const char *s, int width, bool ascii)
{
	const char *mark = ascii ? "..." : "…";
	int room = width - (ascii ? 3 : 1);

	if (width <= 0)
		return;
	if (term_width(s) <= width) {
		buf_adds(out, s);
		return;
	}
	if (room < 0) {
		buf_add(out, mark, (size_t)width);
		return;
	}
	buf_add(out, s, bytes_within(s, room));
	buf_adds(out, mark);
}

void term_cell(struct buf *out, const char *s, int width, bool ascii)
{
	AUTO(buf_release) struct buf b = { 0 };

	term_fit(&b, s, width - 1, ascii);
	buf_adds(out, buf_text(&b));
	for (int left = width - term_width(buf_text(&b)); left > 0; left--)
		buf_addc(out, ' ');
}

static bool no_utf8;

void term_locale(void)
{
	const char *set = setlocale(LC_CTYPE, "") ? nl_langinfo(CODESET) : "";

	no_utf8 = strcmp(set, "UTF-8") != 0;
	if (!setlocale(LC_CTYPE, "C.UTF-8"))
		setlocale(LC_CTYPE, "en_US.UTF-8");
}

bool term_utf8(void)
{
	return !no_utf8;
}

/* What the kernel knows, else what the environment says, else what it has been since the VT100. */
static int measure(int known, const char *variable, int usual)
{
	const char *said = getenv(variable);

	if (known > 0)
		return known;
	return said && atoi(said) > 0 ? atoi(said) : usual;
}

int term_columns(int fd)
{
	struct winsize size = { 0 };

	if (!isatty(fd))
		return 0;
	ioctl(fd, TIOCGWINSZ, &size);
	return measure(size.ws_col, "COLUMNS", 80);
}

int term_rows(int fd)
{
	struct winsize size = { 0 };

	if (!isatty(fd))
		return 0;
	ioctl(fd, TIOCGWINSZ, &size);
	return measure(size.ws_row, "LINES", 24);
}

bool term_colours(enum term_colour wish, int fd)
{
	const char *no = getenv("NO_COLOR"), *term = getenv("TERM");

	if (wish != TERM_COLOUR_AUTO)
		return wish == TERM_COLOUR_ALWAYS;
	return isatty(fd) && str_empty(no) && !str_empty(term) && !str_equal(term, "dumb");
}
