/* The agents that there are, for commands that work without a configuration too. */
#pragma once

#include "base/sink.h"
#include "model/agent.h"
#include "model/config.h"
#include "rule/screen.h"

/* The configuration if there is a sound one, else c stays empty: a broken one is a remark, one that
 * was named and is missing too. */
void op_agents_config(struct config *c, const char *named, struct sink *sink);

/* All take c as op_agents_config() left it. */
void op_agents_names(struct strv *names, const struct config *c);
MUST_USE struct err *op_agents_load(struct agent *a, const struct config *c, const char *name);
void op_agents_files(
	struct strv *files, const struct config *c, const char *name); /* rising precedence */
/* The main checkout of the project in question (-p may be NULL); NULL: of none. */
const char *op_agents_root(const struct config *c, const char *project);

struct screen_reading {
	enum activity activity;
	char *rule; /* NULL: no pattern matched */
	enum screen_box box;
	struct buf typed;
	bool chip;
};

/* What a captured screen (and title, may be NULL) means. */
void op_screen_test(
	struct screen_reading *out, const struct agent *a, const char *title, const char *screen);
void screen_reading_release(struct screen_reading *r);
