/*
 * What a captured screen says about an agent, by the patterns of its data file. Pure. The input is
 * what `tmux capture-pane -p` prints, better with -e (SGR escapes tell a hint from typed text).
 *
 * The conversation may contain any text, also that of a menu, so only the bottom counts: a menu is
 * looked for below the last rule, inside the last frame, or, without either, in lines that end with
 * one of its marks; work and errors in the paragraphs right above the input box; ready is never said
 * without an input box in sight. A LIST of patterns must be met whole.
 */
#pragma once

#include <stdbool.h>

#include "base/buf.h"
#include "model/agent.h"

/* title may be NULL (not known), screen too (not looked at: then nothing is ever ready). *rule (may be
 * NULL): "screen.waiting: 'pattern'", owned by the caller, left alone when nothing matched
 * (ACTIVITY_UNKNOWN). */
enum activity screen_activity(
	const struct agent *a, const char *title, const char *screen, char **rule);

enum screen_box {
	SCREEN_BOX_NONE, /* no input box seen, or a menu is open */
	SCREEN_BOX_EMPTY,
	SCREEN_BOX_TEXT,
};

/* typed (may be NULL) gets the box's text: for the log, not exact (wrapped lines stay wrapped). */
enum screen_box screen_box(const struct agent *a, const char *screen, struct buf *typed);
bool screen_has_chip(const struct agent *a, const char *screen); /* a collapsed paste in the box */
/* What the agent itself says there, on one line: the open menu in its frame, else what stands around the
 * box. Of a menu without a frame nobody knows where it begins: nothing. */
void screen_words(struct buf *out, const struct agent *a, const char *screen);
/* The lines of the open menu, plain, for whoever must answer it. */
void screen_menu(struct buf *out, const char *screen);
