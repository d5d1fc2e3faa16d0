#include "store/signals.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/path.h"
#include "base/term.h"
#include "base/torn.h"
#include "model/facts.h"

enum { TAIL_MAX = 16384, TURN_AT = 256 << 10, TEXT_MAX = 400 };

#define ROW(name, word) word,
static const char *const words[] = { SIGNAL_KINDS(ROW) };
#undef ROW

const char *signal_word(enum signal_kind k)
{
	return words[k];
}

int signal_parse_word(const char *word)
{
	for (int i = 0; i < SIGNAL_COUNT; i++)
		if (str_equal(words[i], word))
			return i;
	return -1;
}

bool signal_is_mute(const struct signal_line *s)
{
	return s->kind == SIGNAL_STOP && str_equal(s->text, "[no response text]");
}

/*
 * Claude Code hands a text of several lines that was pasted on inside <pasted_content id="50bd"> and
 * </pasted_content id="50bd">, each a line (seen on 2.1.330). What is sent is pasted.
 */
static void unwrap(const char **text, size_t *n)
{
	static const char open[] = "<pasted_content id=\"", close[] = "</pasted_content id=\"";
	enum { MARK = 4, OPEN = sizeof(open) - 1 + MARK + 3, CLOSE = sizeof(close) - 1 + MARK + 2 };
	const char *from = *text, *to = *text + *n;

	while (from < to && isspace((unsigned char)*from))
		from++;
	while (to > from && isspace((unsigned char)to[-1]))
		to--;
	if (to - from < OPEN + CLOSE || memcmp(from, open, sizeof(open) - 1) != 0 ||
		memcmp(to - CLOSE, close, sizeof(close) - 1) != 0 ||
		memcmp(from + sizeof(open) - 1, to - MARK - 2, MARK) != 0)
		return;
	*text = from + OPEN;
	*n = (size_t)(to - CLOSE - *text);
}

/* Blanks count as one: Claude Code makes four of a tab. */
static void add_told(struct buf *b, const char *s, size_t n)
{
	bool blank = false;

	for (size_t i = 0; i < n; i++) {
		bool was = blank;
		blank = s[i] == ' ' || s[i] == '\t';
		if (blank && was)
			continue;
		if (s[i] != '\r' || i + 1 == n || s[i + 1] != '\n')
			buf_addc(b, blank ? ' ' : s[i]);
	}
}

void signal_digest(size_t *length, uint64_t *hash, const char *text, size_t n)
{
	AUTO(buf_release) struct buf seen = { 0 }, b = { 0 };

	unwrap(&text, &n);
	term_seen(&seen, text, n);
	add_told(&b, seen.s, seen.n);
	buf_trim(&b);
	*length = b.n;
	*hash = hash_fnv(buf_text(&b), b.n);
}

/* One line of text: \n and \\ escaped, other control bytes as blanks, cut between characters. */
static void add_text(struct buf *b, const char *s)
{
	size_t from = b->n;

	for (; *s && b->n - from < TEXT_MAX; s++) {
		if (*s == '\n')
			buf_adds(b, "\\n");
		else if (*s == '\\')
			buf_adds(b, "\\\\");
		else
			buf_addc(b, (unsigned char)*s < ' ' ? ' ' : *s);
	}
	while (*s && ((unsigned char)*s & 0xc0) == 0x80 && b->n > from) {
		bool lead = ((unsigned char)b->s[b->n - 1] & 0xc0) != 0x80;
		buf_cut(b, b->n - 1);
		if (lead)
			break;
	}
}

struct err *signals_append(const char *folder, const struct signal_line *s)
{
	AUTO(str_release) char *path = path_join(folder, "signals");
	AUTO(str_release) char *time = clock_iso_ms(s->at);
	AUTO(buf_release) struct buf b = { 0 };

	buf_addf(&b, "%s %s %s", time, words[s->kind], str_empty(s->source) ? "hook" : s->source);
	if (s->turn)
		buf_addf(&b, "/%016" PRIx64, s->turn);
	buf_addf(&b, " %d %zu %016" PRIx64, (int)s->pid, s->length, s->hash);
	if (!str_empty(s->text)) {
		buf_addc(&b, ' ');
		add_text(&b, s->text);
	}
	buf_addc(&b, '\n');
	if (file_is_torn(path)) {
		AUTO(str_release) char *line = buf_detach(&b);
		buf_addf(&b, "\n%s", line);
	}
	return file_append(path, b.s, b.n, FILE_VOLATILE);
}

/* In place: what comes out is never longer. */
static void unescape(char *s)
{
	char *to = strchrnul(s, '\\');

	for (s = to; *s; s++) {
		if (s[0] == '\\' && s[1])
			*to++ = *++s == 'n' ? '\n' : *s;
		else
			*to++ = *s;
	}
	*to = '\0';
}

/* The next word of a line, cut off; empty: there is none. */
static char *take_word(char **at)
{
	char *word = *at;

	*at = strchrnul(word, ' ');
	if (**at)
		*(*at)++ = '\0';
	return word;
}

/* Digits of this base and nothing else (strtoull() takes blanks and signs, too), so few that nothing overflows. */
static bool parse_number(uint64_t *out, const char *word, unsigned base, uint64_t most)
{
	static const unsigned char one_more[256] = {
		['0'] = 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, ['a'] = 11, 12, 13, 14, 15, 16
	};
	const char *s = word, *end = word + (base == 16 ? 16 : 19);

	for (*out = 0; *s; s++) {
		unsigned d = one_more[(unsigned char)*s];
		if (!d || d > base || s == end)
			return false;
		*out = *out * base + d - 1;
	}
	return s != word && *out <= most;
}

/* at: the line, ended by NUL, which is cut into its parts. */
static bool parse_line(struct signal_line *out, char *at)
{
	char *time = take_word(&at), *kind = take_word(&at), *source = take_word(&at);
	char *pid = take_word(&at), *length = take_word(&at), *hash = take_word(&at);
	char *turn = strchr(source, '/');
	int which = signal_parse_word(kind);
	uint64_t id, n;

	if (which < 0 || !clock_parse(&out->at, time) || !parse_number(&id, pid, 10, INT_MAX) ||
		!parse_number(&n, length, 10, SIZE_MAX) ||
		!parse_number(&out->hash, hash, 16, UINT64_MAX))
		return false;
	if (turn)
		*turn++ = '\0';
	if (turn && !parse_number(&out->turn, turn, 16, UINT64_MAX))
		return false;
	unescape(at);
	out->kind = (enum signal_kind)which;
	out->source = source;
	out->pid = (pid_t)id;
	out->length = (size_t)n;
	out->text = at;
	return true;
}

static int by_time(const void *a, const void *b)
{
	const struct signal_line *x = a, *y = b;

	return x->at < y->at ? -1 : x->at > y->at;
}

/* One that came an hour and more before the line above it did not: the clock was set back in between, and
 * what stands above is at least as old. Times that were given say nothing of the clock. */
static void heal_clock(struct signals *s)
{
	struct signal_line *next = NULL;

	for (size_t i = s->list.n; i-- > 0;) {
		struct signal_line *line = &s->list.v[i];
		if (str_equal(line->source, SIGNAL_TIMED))
			continue;
		if (next && line->at - next->at >= CLOCK_SET_MS)
			line->at = next->at;
		next = line;
	}
}

/* Arrival is nearly the order of events: an insertion keeps equal times as they came. */
static void sort(struct signals *s)
{
	for (size_t i = 1; i < s->list.n; i++) {
		struct signal_line moved = s->list.v[i];
		size_t j = i;
		for (; j > 0 && by_time(&s->list.v[j - 1], &moved) > 0; j--)
			s->list.v[j] = s->list.v[j - 1];
		s->list.v[j] = moved;
	}
}

/* bytes are out's from here on, and there is a NUL behind them. */
static void take_bytes(struct signals *out, char *bytes, size_t n)
{
	out->bytes = bytes;
	for (char *line = bytes, *end; line < bytes + n; line = end + 1) {
		struct signal_line told = { 0 };

		end = memchr(line, '\n', (size_t)(bytes + n - line));
		if (!end) { /* half a one */
			out->broken++;
			break;
		}
		*end = '\0';
		if (strlen(line) == (size_t)(end - line) && parse_line(&told, line))
			*vec_push(&out->list) = told;
		else if (line != end)
			out->broken++;
	}
	heal_clock(out);
	sort(out);
}

void signals_parse(struct signals *out, const char *text, size_t n)
{
	char *bytes = mem_alloc(n + 1);

	memcpy(bytes, text, n);
	take_bytes(out, bytes, n);
}

static struct err *read_one(struct buf *b, const char *folder, const char *name)
{
	AUTO(str_release) char *path = path_join(folder, name);
	bool found;

	return file_read_tail_if(b, &found, path, TAIL_MAX);
}

struct err *signals_read(struct signals *out, const char *folder)
{
	AUTO(buf_release) struct buf now = { 0 }, before = { 0 };
	size_t n;

	TRY(read_one(&now, folder, "signals"));
	if (now.n < TAIL_MAX / 4)
		TRY(read_one(&before, folder, "signals.1"));
	buf_add(&before, buf_text(&now), now.n);
	n = before.n;
	take_bytes(out, buf_detach(&before), n);
	return NULL;
}

void signals_release(struct signals *s)
{
	free(s->list.v);
	free(s->bytes);
	*s = (struct signals){ 0 };
}

struct err *signals_turn(const char *folder)
{
	AUTO(str_release) char *path = path_join(folder, "signals");
	AUTO(str_release) char *older = path_join(folder, "signals.1");
	struct stat st;

	if (stat(path, &st) < 0 || st.st_size < TURN_AT)
		return NULL;
	if (rename(path, older) < 0)
		return fail_errno("cannot turn over %s", path);
	return NULL;
}
