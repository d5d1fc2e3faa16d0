/*
 * The terminal of the stand-in: raw, with bracketed paste on, a box at the bottom and lines above
 * it.
 */
#pragma once

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

struct text {
	char *s;
	size_t n, room;
};

static struct text box;
static size_t pasted_at; /* where the last paste begins in the box */
static int rows_drawn = 1;
static struct termios cooked;

static void add(struct text *t, const char *s, size_t n)
{
	if (!t->s || t->n + n + 1 > t->room) {
		t->room = (t->n + n + 1) * 2;
		t->s = realloc(t->s, t->room);
		if (!t->s)
			abort();
	}
	memcpy(t->s + t->n, s, n);
	t->n += n;
	t->s[t->n] = '\0';
}

static void write_all(int fd, const char *s, size_t n)
{
	while (n) {
		ssize_t put = write(fd, s, n);
		if (put < 0 && errno == EINTR)
			continue;
		if (put <= 0)
			return;
		s += put;
		n -= (size_t)put;
	}
}

static void say(const char *s)
{
	write_all(1, s, strlen(s));
}

static int columns(void)
{
	struct winsize w;

	return ioctl(1, TIOCGWINSZ, &w) == 0 && w.ws_col ? w.ws_col : 80;
}

static size_t lines_of(const char *s, size_t n)
{
	size_t lines = 1;

	for (size_t i = 0; i < n; i++)
		lines += s[i] == '\n';
	return lines;
}

/* What the box shows: the text, or a chip in place of a long paste at its end. */
static struct text shown(void)
{
	struct text t = { 0 };
	size_t from = pasted_at < box.n ? pasted_at : box.n, n = box.n - from;
	size_t lines = n ? lines_of(box.s + from, n) : 0;
	char chip[64];

	add(&t, "> ", 2);
	if (lines < 5 && n < 1000)
		from = box.n;
	for (size_t i = 0; i < from; i++)
		add(&t, box.s[i] == '\n' ? "\n  " : box.s + i, box.s[i] == '\n' ? 3 : 1);
	if (from < box.n) {
		snprintf(chip, sizeof(chip), "[Pasted text #1 +%zu lines]", lines);
		add(&t, chip, strlen(chip));
	}
	return t;
}

/* Rows that the text takes; a character counts as one cell. */
static int rows_of(const struct text *t)
{
	int rows = 1, cells = 0, width = columns();

	for (size_t i = 0; i < t->n; i++) {
		if (t->s[i] == '\n') {
			rows++;
			cells = 0;
		} else if (((unsigned char)t->s[i] & 0xc0) != 0x80) {
			if (cells++ == width) {
				rows++;
				cells = 1;
			}
		}
	}
	return rows;
}

static void erase_box(void)
{
	char up[32];

	snprintf(up, sizeof(up), "\033[%dA", rows_drawn - 1);
	say(rows_drawn > 1 ? up : "");
	say("\r\033[J");
	rows_drawn = 1;
}

static void draw_box(void)
{
	struct text t = shown();

	erase_box();
	write_all(1, t.s, t.n);
	rows_drawn = rows_of(&t);
	free(t.s);
}

static void clear_box(void)
{
	box.n = pasted_at = 0;
}

/* A line above the box. */
static void print(const char *line, size_t n)
{
	erase_box();
	write_all(1, line, n);
	say("\n");
	draw_box();
}

static void print_s(const char *line)
{
	print(line, strlen(line));
}

static void set_title(const char *state)
{
	say("\033]0;");
	say(state);
	say(" standin\007");
}

static void on_resize(int signal_number)
{
	(void)signal_number;
}

static void open_terminal(void)
{
	struct termios raw;
	struct sigaction resize = {
		.sa_handler = on_resize
	}; /* ends poll: the box is drawn anew */

	sigaction(SIGWINCH, &resize, NULL);
	signal(SIGPIPE, SIG_IGN);
	tcgetattr(0, &cooked);
	raw = cooked;
	cfmakeraw(&raw);
	raw.c_oflag |= OPOST | ONLCR; /* for what a command prints */
	tcsetattr(0, TCSANOW, &raw);
	say("\033[?2004h"); /* bracketed paste */
}

static void close_terminal(void)
{
	say("\033[?2004l\n");
	tcsetattr(0, TCSANOW, &cooked);
}
