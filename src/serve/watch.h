/*
 * Folders in which something may change, by inotify(7). What it tells is a hint to look again, so one that
 * cannot be watched (no more watches, another machine's file system) costs time, not truth.
 *
 * Several may watch one folder, and one several folders; a folder is watched as long as anybody does.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/vec.h"

enum watch_kind {
	WATCH_ALL,    /* no folder: so much happened that some of it was lost */
	WATCH_ROOT,   /* sessions/: namespaces */
	WATCH_TRUST,  /* ao trust */
	WATCH_SPACE,  /* a namespace */
	WATCH_CONFIG, /* the folder of its configuration */
	WATCH_WARD,   /* a session */
	WATCH_PLACE,  /* what its pull request is made of */
};

struct watch_entry {
	int wd;
	enum watch_kind kind;
	void *owner;
};

struct watch {
	int fd;
	VEC(struct watch_entry) list;
	int refused; /* how many folders could not be watched */
	void (*seen)(void *arg, enum watch_kind kind, void *owner, const char *name);
	void *arg;
};

MUST_USE struct err *watch_open(struct watch *w);
void watch_release(struct watch *w);
/* Twice is once. Not there: not watched. */
void watch_add(struct watch *w, const char *folder, enum watch_kind kind, void *owner);
void watch_drop(struct watch *w, enum watch_kind kind, const void *owner);
/* Read what there is, and tell seen(), which adds and drops nothing. */
void watch_read(struct watch *w);
