/*
 * Notifier: a way to tell a human. It gets the notice as it is, with texts of any origin and length, and
 * escapes, cuts and lays them out as its medium needs. It returns within some seconds, whatever hangs.
 *
 * Programs of others are notifiers too: `ao-notifier-NAME` on PATH, started as `ao-notifier-NAME tell`
 * with notifier_json() on standard input. Exit status 0: told; else the last line it said is the reason.
 *
 * To add one, copy plugin/notifier_desktop.c, add a line to slot/notifiers.def and its settings to the
 * table of model/config_notifier.c.
 */
#pragma once

#include "base/term.h"
#include "model/config.h"
#include "model/notice.h"
#include "slot/plugin.h"

/* Which one. */
struct notifier_call {
	const struct notifier_config
		*config; /* its entry; one without settings has its name twice */
	const char *dir; /* the config's folder: where programs start */
	const char *data_dir;
};

struct notifier {
	struct plugin plugin;

	/* Success: the medium took it. Else one line of why; ERR_INTERRUPTED: the user's stop. */
	MUST_USE struct err *(*tell)(const struct notifier_call *c, const struct notice *n);
	/* Could it tell, from here and now? NULL, else one line of why not; ERR_FAILED: this machine or
	 * session has no such medium. Starts no program, sends nothing. */
	MUST_USE struct err *(*usable)(const struct notifier_call *c);
};

/* By the plugin's name, those on PATH too. ERR_MISSING: none of that name. */
MUST_USE struct err *notifier_find(const struct notifier **out, const char *plugin);
void notifier_names(struct strv *names); /* those of ours */
/* The notice as one JSON object: id priority event project session title text url time, and `settings`
 * where the entry has some. Control bytes are out of its texts, and they are UTF-8. Caller frees. */
char *notifier_json(const struct notifier_call *c, const struct notice *n);
/* Safe text of at most max bytes and a … where it was longer; of a MiB no more is looked at than could come
 * to that. NULL: nothing. */
void notifier_add(struct buf *out, const char *text, enum term_text kind, size_t max);
