#include "cmd/face.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *const inks[] = {
	[INK_NONE] = "",
	[INK_BOLD] = "\033[1m",
	[INK_DIM] = "\033[2m",
	[INK_RED] = "\033[31m",
	[INK_GREEN] = "\033[32m",
	[INK_YELLOW] = "\033[33m",
	[INK_BLUE] = "\033[34m",
	[INK_CYAN] = "\033[36m",
};

static void write_safe(FILE *out, bool ascii, const char *text, size_t n)
{
	AUTO(buf_release) struct buf safe = { 0 };
	AUTO(buf_release) struct buf plain = { 0 };

	term_safe(&safe, text, n, TERM_TEXT);
	if (ascii)
		term_ascii(&plain, buf_text(&safe));
	fputs(buf_text(ascii ? &plain : &safe), out);
}

/* One line that the next one is written over, and that is gone before anything else is told. */
static void show_progress(const struct face *f, const char *line)
{
	AUTO(buf_release) struct buf plain = { 0 };
	AUTO(buf_release) struct buf fit = { 0 };
	int columns = term_columns(STDERR_FILENO);

	if (f->ascii)
		term_ascii(&plain, line);
	else
		buf_adds(&plain, line);
	term_fit(&fit, buf_text(&plain), columns > 4 ? columns - 3 : 76, f->ascii);
	fprintf(stderr, "\r  %s\033[K", buf_text(&fit));
	*f->progress = true;
}

static void clear_progress(const struct face *f)
{
	if (f->progress && *f->progress) {
		fputs("\r\033[K", stderr);
		*f->progress = false;
	}
}

/* Progress is for a person who waits; a warning is for everybody. Both on standard error. */
static void say(struct sink *s, enum sink_kind kind, const char *line)
{
	struct face *f = (struct face *)s;
	AUTO(str_release) char *safe = term_line(line);

	if (kind != SINK_WARNING && f->quiet)
		return;
	if (kind == SINK_PROGRESS && !f->verbose && !isatty(STDERR_FILENO))
		return;
	fflush(f->out);
	if (kind == SINK_PROGRESS && !f->verbose && f->progress) {
		show_progress(f, safe);
		return;
	}
	clear_progress(f);
	fputs(kind == SINK_WARNING ? "ao: warning: " : kind == SINK_NOTE ? "ao: " : "  ", stderr);
	write_safe(stderr, f->ascii, safe, strlen(safe));
	fputc('\n', stderr);
}

static struct err *colour_wish(enum term_colour *wish, const char *word)
{
	if (!word || str_equal(word, "auto"))
		*wish = TERM_COLOUR_AUTO;
	else if (str_equal(word, "always"))
		*wish = TERM_COLOUR_ALWAYS;
	else if (str_equal(word, "never"))
		*wish = TERM_COLOUR_NEVER;
	else
		return fail(ERR_USAGE, "--color takes auto, always or never, not '%s'", word);
	return NULL;
}

struct err *face_open(struct face *f, const struct args *a)
{
	enum term_colour wish = TERM_COLOUR_AUTO;

	TRY(colour_wish(&wish, args_value(a, "color")));
	*f = (struct face){
		.sink = { say },
		.out = stdout,
		.json = args_has(a, "json"),
		.quiet = args_has(a, "quiet"),
		.verbose = args_has(a, "verbose"),
		.ascii = args_has(a, "ascii") || !term_utf8(),
		.colour = term_colours(wish, STDOUT_FILENO),
		.tty = isatty(STDOUT_FILENO),
		.columns = term_columns(STDOUT_FILENO),
		.config = args_value(a, "config"),
		.project = args_value(a, "project"),
	};
	return NULL;
}

/* A line's end stays outside of the ink, so that no terminal paints the rest of the line. */
static void put(const struct face *f, enum ink ink, const char *text)
{
	size_t n = strlen(text);
	bool inked = f->colour && ink != INK_NONE && n > 0;
	bool line = inked && text[n - 1] == '\n';

	clear_progress(f);
	if (inked)
		fputs(inks[ink], f->out);
	write_safe(f->out, f->ascii, text, line ? n - 1 : n);
	if (inked)
		fputs("\033[0m", f->out);
	if (line)
		fputc('\n', f->out);
}

void face_print(const struct face *f, const char *format, ...)
{
	AUTO(str_release) char *text = NULL;
	va_list ap;

	va_start(ap, format);
	text = str_vformat(format, ap);
	va_end(ap);
	put(f, INK_NONE, text);
}

void face_ink(const struct face *f, enum ink ink, const char *format, ...)
{
	AUTO(str_release) char *text = NULL;
	va_list ap;

	va_start(ap, format);
	text = str_vformat(format, ap);
	va_end(ap);
	put(f, ink, text);
}

void face_cell(const struct face *f, enum ink ink, int width, const char *text)
{
	AUTO(str_release) char *safe = term_line(text);
	AUTO(buf_release) struct buf shown = { 0 };
	AUTO(buf_release) struct buf cell = { 0 };
	size_t end;

	if (f->ascii)
		term_ascii(&shown, safe);
	else
		buf_adds(&shown, safe);
	if (!width) {
		put(f, ink, buf_text(&shown));
		return;
	}
	term_cell(&cell, buf_text(&shown), width, f->ascii);
	for (end = cell.n; end > 0 && cell.s[end - 1] == ' ';)
		end--;
	buf_cut(&shown, 0);
	buf_add(&shown, cell.s, end);
	put(f, ink, buf_text(&shown));
	fputs(cell.s + end, f->out);
}

void face_field(const struct face *f, const char *label, const char *value)
{
	AUTO(str_release) char *safe = term_line(value);
	AUTO(str_release) char *head = str_format("%s:", label);

	if (*safe)
		face_print(f, "  %-9s %s\n", head, safe);
}

static void put_json(const struct face *f, json_t *value, size_t flags)
{
	char *text = json_dumps(value, flags);
	AUTO(buf_release) struct buf safe = { 0 };

	clear_progress(f);
	json_decref(value);
	if (!text)
		abort(); /* every string passed json_text() */
	term_safe_json(&safe, text, strlen(text));
	free(text);
	fputs(buf_text(&safe), f->out);
	fputc('\n', f->out);
}

void face_json(const struct face *f, json_t *value)
{
	put_json(f, value, JSON_INDENT(2));
}

void face_json_line(const struct face *f, json_t *value)
{
	put_json(f, value, JSON_COMPACT);
}

json_t *json_text(const char *s)
{
	json_t *j = s ? json_string(s) : json_null();

	if (!j) {
		AUTO(str_release) char *safe = term_line(s);

		j = json_string(safe);
	}
	return j;
}

void errors_add(struct err **all, struct err *e)
{
	AUTO(str_release) char *before = NULL;

	if (!e)
		return;
	if (!*all) {
		*all = e;
		return;
	}
	before = (*all)->text;
	(*all)->text = str_format("%s\n%s", before, e->text);
	err_free(e);
}

struct err *exit_quietly(enum err_class class)
{
	return fail(class, "%s", "");
}

struct err *face_close(const struct face *f)
{
	clear_progress(f);
	errno = 0;
	if (fflush(f->out) == 0 && !ferror(f->out))
		return NULL;
	if (errno == EPIPE)
		return NULL;
	return errno ? fail_errno("cannot write the output")
		     : fail(ERR_FAILED, "cannot write the output");
}
