/* `ao status --watch`. The picture is made anew when a file of the namespace changes, and every five
 * seconds for what no file tells; it is drawn only where it differs. So a quiet machine stays quiet. */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/inotify.h>
#include <termios.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/path.h"
#include "base/stop.h"
#include "cmd/listing.h"
#include "op/pull.h"

enum {
	LIST_EVERY_MS = 5000,
	AGES_EVERY_MS = 1000, /* while an age counts seconds */
	SETTLE_MS = 100,      /* a burst of changes makes one list */
};

struct watch {
	struct face face; /* its out is a memory stream while a picture is made */
	FILE *terminal;
	struct sink *sink; /* the world's; it is the caller's face */
	const struct world *world;
	struct views views;
	char *shown;
	int inotify;
	bool screen; /* we own the whole terminal */
	bool keys;   /* q can be typed */
	bool gone;   /* nobody reads any more */
	struct termios before;
};

/* Remarks would tear the picture; the first list has made them. */
static void say_nothing(struct sink *s, enum sink_kind kind, const char *line)
{
	(void)s;
	(void)kind;
	(void)line;
}

/* The alternate screen, without cursor and without wrapping: a line of ours is a line of it. */
static void take_terminal(struct watch *w)
{
	struct termios raw;

	w->screen = w->face.tty;
	if (w->screen)
		w->sink->say = say_nothing;
	w->keys = w->screen && tcgetattr(STDIN_FILENO, &w->before) == 0;
	if (w->keys) {
		raw = w->before;
		raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
		tcsetattr(STDIN_FILENO, TCSANOW, &raw);
	}
	if (w->screen)
		fputs("\033[?1049h\033[?25l\033[?7l", w->terminal);
}

static void watch_release(struct watch *w)
{
	*w->sink = w->face.sink;
	if (w->screen)
		fputs("\033[?7h\033[?25h\033[?1049l", w->terminal);
	fflush(w->terminal);
	if (w->keys)
		tcsetattr(STDIN_FILENO, TCSANOW, &w->before);
	views_release(&w->views);
	free(w->shown);
	if (w->inotify >= 0)
		close(w->inotify);
}

/* Each session's folder, the one in which they come and go, and what their pull requests are made of.
 * Adding twice is adding once. */
static void watch_folders(struct watch *w)
{
	const uint32_t mask = IN_CREATE | IN_DELETE | IN_MODIFY | IN_MOVED_TO | IN_ONLYDIR |
		IN_CLOSE_WRITE;
	AUTO(strv_release) struct strv places = { 0 };

	if (w->inotify < 0)
		return;
	inotify_add_watch(w->inotify, w->world->store.dir, mask);
	for (size_t i = 0; i < w->views.list.n; i++) {
		AUTO(str_release)
		char *folder = path_join(w->world->store.dir, w->views.list.v[i].session.id);

		inotify_add_watch(w->inotify, folder, mask);
	}
	pulls_places(&places, w->world, &w->views);
	STRV_EACH(place, &places)
		inotify_add_watch(w->inotify, *place, mask);
}

static void drain(int fd)
{
	char events[4096];

	while (fd >= 0 && read(fd, events, sizeof(events)) > 0)
		;
}

static struct err *list_again(struct watch *w)
{
	struct list_options o = { .ask = ASK_QUICK };
	struct views fresh = { 0 };
	struct err *e;

	watch_folders(w);
	drain(w->inotify);
	e = list_for(&fresh, &w->face, w->world, &o);
	if (e) {
		views_release(&fresh);
		return e;
	}
	views_release(&w->views);
	w->views = fresh;
	watch_folders(w);
	return NULL;
}

static char *picture(struct watch *w)
{
	AUTO(groups_release) struct groups g = { 0 };
	char *text = NULL;
	size_t n = 0;

	w->face.out = open_memstream(&text, &n);
	if (!w->face.out) {
		w->face.out = w->terminal;
		return str_dup("");
	}
	w->face.columns = term_columns(STDOUT_FILENO);
	for (size_t i = 0; i < w->views.list.n; i++)
		w->views.list.v[i].facts.now = clock_wall();
	groups_fill(&g, &w->world->config, w->face.project, &w->views);
	status_print(&w->face, &g);
	fclose(w->face.out);
	w->face.out = w->terminal;
	return text;
}

/* Over the old picture, line by line; what does not fit is left out. */
static void frame(struct buf *out, const char *text)
{
	int left = term_rows(STDOUT_FILENO);

	buf_adds(out, "\033[H");
	for (const char *s = text; *s; s++) {
		if (*s != '\n') {
			buf_addc(out, *s);
			continue;
		}
		buf_adds(out, "\033[K");
		if (--left <= 0)
			break;
		buf_addc(out, '\n');
	}
	buf_adds(out, "\033[J");
}

/* In one write, so that nothing of it is shown half: a terminal's stream would give out each line. */
static void draw(struct watch *w, const struct buf *b)
{
	ssize_t n = 1;

	fflush(w->terminal);
	for (size_t at = 0; at < b->n && n > 0; at += n > 0 ? (size_t)n : 0)
		do {
			n = write(STDOUT_FILENO, b->s + at, b->n - at);
		} while (n < 0 && errno == EINTR);
	w->gone = n <= 0;
}

static void show(struct watch *w)
{
	AUTO(buf_release) struct buf out = { 0 };
	char *text = picture(w);

	if (str_equal(text, w->shown)) {
		free(text);
		return;
	}
	if (w->screen)
		frame(&out, text);
	else
		buf_addf(&out, "%s%s", w->shown ? "\n" : "", text);
	draw(w, &out);
	free(w->shown);
	w->shown = text;
}

static bool ages_move(const struct watch *w)
{
	for (size_t i = 0; i < w->views.list.n; i++)
		if (clock_wall() - w->views.list.v[i].last_at < 60000)
			return true;
	return false;
}

static bool quit_typed(const struct watch *w)
{
	char key = 0;

	return w->keys && read(STDIN_FILENO, &key, 1) >= 0 && (key == 'q' || key == 'Q' || !key);
}

/* *again: something changed. *done: q was typed. */
static struct err *wait_for_change(struct watch *w, int64_t until, bool *again, bool *done)
{
	struct pollfd p[] = {
		{ stop_fd(), POLLIN, 0 },
		{ w->inotify, POLLIN, 0 },
		{ w->keys ? STDIN_FILENO : -1, POLLIN, 0 },
	};
	int64_t left = until - clock_mono();

	if (left > AGES_EVERY_MS && ages_move(w))
		left = AGES_EVERY_MS;
	if (poll(p, COUNT_OF(p), left < 0 ? 0 : (int)left) < 0 && errno != EINTR)
		return fail_errno("waiting for changes");
	if (stop_requested())
		return exit_quietly(ERR_INTERRUPTED);
	*done = p[2].revents && quit_typed(w);
	*again = p[1].revents != 0 || clock_mono() >= until;
	return p[1].revents && !*done ? clock_sleep(SETTLE_MS) : NULL;
}

static struct err *loop(struct watch *w)
{
	bool again = true, done = false;
	int64_t until = 0;

	while (!done) {
		if (again) {
			TRY(list_again(w));
			until = clock_mono() + LIST_EVERY_MS;
		}
		show(w);
		if (w->gone)
			return NULL;
		TRY(wait_for_change(w, until, &again, &done));
	}
	return NULL;
}

struct err *status_watch(struct face *f, const struct world *world)
{
	AUTO(watch_release)
	struct watch w = {
		.face = *f,
		.terminal = f->out,
		.sink = &f->sink,
		.world = world,
		.inotify = inotify_init1(IN_CLOEXEC | IN_NONBLOCK),
	};
	struct err *e;

	e = list_again(&w); /* an error here leaves the terminal alone */
	if (e)
		return e;
	take_terminal(&w);
	return loop(&w);
}
