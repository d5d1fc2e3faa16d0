/*
 * What a human is told: one notice, for notifiers of every kind. All texts are plain, of any origin
 * and length; each notifier escapes, cuts and lays them out as its medium needs. Times are ms since 1970.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum priority { PRIORITY_URGENT, PRIORITY_ACTION, PRIORITY_WARNING, PRIORITY_INFO };

struct notice {
	const char *
		id; /* the same for the same occasion, also after a crash: a receiver may drop doubles */
	enum priority priority;
	const char *event;             /* "ci-failed", … as in `reactions`; "test" */
	const char *project, *session; /* NULL: of no session */
	const char *title;             /* one line */
	const char *text;              /* several lines; NULL: none */
	const char *url;               /* NULL: none */
	int64_t at;
};

const char *priority_word(enum priority p);             /* as in the config */
bool priority_of(enum priority *out, const char *word); /* false: none of them */
