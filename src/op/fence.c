#include "op/fence.h"

#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "base/term.h"

enum { MARK_BYTES = 8 };

/* Not in the middle of a character. */
static size_t cut_length(const char *s, size_t n)
{
	if (n <= FENCE_TEXT_MAX)
		return n;
	n = FENCE_TEXT_MAX;
	while (n > 0 && ((unsigned char)s[n] & 0xc0) == 0x80)
		n--;
	return n;
}

static void add_broken(struct buf *out, const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		bool begins = i == 0 || strchr(" \t\n([{<\"'`,;:", s[i - 1]);

		buf_addc(out, s[i]);
		if (s[i] == '@' && begins && i + 1 < n && !strchr(" \t\n", s[i + 1]))
			buf_addc(out, ' ');
	}
}

void fence_add(struct buf *out, const char *what, const char *text, size_t n, bool break_at)
{
	AUTO(buf_release) struct buf clean = { 0 };
	AUTO(str_release) char *mark = random_hex(MARK_BYTES);
	size_t kept;

	term_safe(&clean, text, n, TERM_TEXT);
	buf_trim(&clean);
	kept = cut_length(buf_text(&clean), clean.n);
	buf_addf(out, "----- %s, begin %s -----\n", what, mark);
	if (break_at)
		add_broken(out, buf_text(&clean), kept);
	else
		buf_add(out, buf_text(&clean), kept);
	if (kept < clean.n)
		buf_addf(out, "\n[%zu more bytes are not shown]", clean.n - kept);
	buf_addf(out, "\n----- %s, end %s -----", what, mark);
}
