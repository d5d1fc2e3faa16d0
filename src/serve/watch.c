#include "serve/watch.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/inotify.h>
#include <unistd.h>

/* Replaced, written, made, gone. Reading is none of it: we read ourselves. */
static const uint32_t MASK = IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_CREATE | IN_DELETE |
	IN_ONLYDIR | IN_MASK_ADD;

struct err *watch_open(struct watch *w)
{
	w->fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	return w->fd < 0 ? fail_errno("cannot watch files") : NULL;
}

void watch_release(struct watch *w)
{
	if (w->fd > 0)
		close(w->fd);
	free(w->list.v);
	*w = (struct watch){ 0 };
}

void watch_add(struct watch *w, const char *folder, enum watch_kind kind, void *owner)
{
	int wd = inotify_add_watch(w->fd, folder, MASK);

	if (wd < 0) {
		w->refused += errno == ENOSPC || errno == ENOMEM;
		return;
	}
	for (size_t i = 0; i < w->list.n; i++) {
		const struct watch_entry *e = &w->list.v[i];
		if (e->wd == wd && e->kind == kind && e->owner == owner)
			return;
	}
	*vec_push(&w->list) = (struct watch_entry){ wd, kind, owner };
}

static bool is_watched(const struct watch *w, int wd)
{
	for (size_t i = 0; i < w->list.n; i++)
		if (w->list.v[i].wd == wd)
			return true;
	return false;
}

static void take_out(struct watch *w, size_t i)
{
	w->list.v[i] = w->list.v[--w->list.n];
}

void watch_drop(struct watch *w, enum watch_kind kind, const void *owner)
{
	for (size_t i = w->list.n; i-- > 0;) {
		struct watch_entry e = w->list.v[i];
		if (e.kind != kind || e.owner != owner)
			continue;
		take_out(w, i);
		if (!is_watched(w, e.wd))
			inotify_rm_watch(w->fd, e.wd);
	}
}

static void forget(struct watch *w, int wd)
{
	for (size_t i = w->list.n; i-- > 0;)
		if (w->list.v[i].wd == wd)
			take_out(w, i);
}

static void pass_on(struct watch *w, const struct inotify_event *e)
{
	const char *name = e->len ? e->name : "";

	if (e->mask & IN_Q_OVERFLOW)
		w->seen(w->arg, WATCH_ALL, NULL, "");
	for (size_t i = 0; i < w->list.n; i++)
		if (w->list.v[i].wd == e->wd)
			w->seen(w->arg, w->list.v[i].kind, w->list.v[i].owner, name);
	if (e->mask & IN_IGNORED) /* the folder is gone */
		forget(w, e->wd);
}

void watch_read(struct watch *w)
{
	char bytes[16384] __attribute__((aligned(__alignof__(struct inotify_event))));
	ssize_t n;

	while ((n = read(w->fd, bytes, sizeof(bytes))) > 0)
		for (char *at = bytes; at < bytes + n;) {
			const struct inotify_event *e = (const struct inotify_event *)(void *)at;
			pass_on(w, e);
			at += sizeof(*e) + e->len;
		}
}
