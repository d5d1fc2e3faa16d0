/* What passed term_safe() is valid UTF-8, holds nothing that a terminal obeys, and passes again
 * unchanged; and cut to a width it is never wider. */
#include <locale.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "base/term.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static void require(int holds)
{
	if (!holds)
		abort();
}

/* The C library is the judge of UTF-8, not our own decoder. */
static void check_text(const char *s, size_t n, enum term_text kind)
{
	mbstate_t state = { 0 };

	for (size_t i = 0; i < n;) {
		wchar_t c;
		size_t used = mbrtowc(&c, s + i, n - i, &state);

		require(used > 0 && used != (size_t)-1 && used != (size_t)-2);
		require(c >= 0x20 || (kind == TERM_TEXT && (c == '\n' || c == '\t')));
		require(c < 0x7f || c > 0x9f);
		require(!(c >= 0x202a && c <= 0x202e) && !(c >= 0x2066 && c <= 0x2069));
		i += used;
	}
}

static void check(const uint8_t *bytes, size_t n, enum term_text kind)
{
	AUTO(buf_release) struct buf once = { 0 };
	AUTO(buf_release) struct buf twice = { 0 };
	AUTO(buf_release) struct buf ascii = { 0 };
	int width = n ? bytes[0] % 40 + 1 : 1;

	term_safe(&once, (const char *)bytes, n, kind);
	check_text(buf_text(&once), once.n, kind);
	term_safe(&twice, buf_text(&once), once.n, kind);
	require(once.n == twice.n && !memcmp(buf_text(&once), buf_text(&twice), once.n));
	buf_cut(&twice, 0);
	if (kind == TERM_LINE) {
		term_cell(&twice, buf_text(&once), width, false);
		require(term_width(buf_text(&twice)) == width);
		require(buf_text(&twice)[twice.n - 1] == ' ');
	}
	term_ascii(&ascii, buf_text(&once));
	for (size_t i = 0; i < ascii.n; i++)
		require((unsigned char)ascii.s[i] < 0x80);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	static int ready;
	AUTO(buf_release) struct buf json = { 0 };

	if (!ready)
		require(setlocale(LC_CTYPE, "C.UTF-8") != NULL);
	ready = 1;
	check(bytes, n, TERM_LINE);
	check(bytes, n, TERM_TEXT);
	term_safe_json(&json, (const char *)bytes, n);
	return 0;
}
