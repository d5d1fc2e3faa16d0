/*
 * What every plugin starts with. A plugin is one file that ends in one const table: it has no state
 * and no lifetime; what it must remember is a handle, a text kept in the session's record.
 */
#pragma once

#include "base/err.h"
#include "base/sink.h"
#include "base/tri.h"
#include "base/vec.h"

enum slot { SLOT_AGENT, SLOT_RUNTIME, SLOT_WORKSPACE, SLOT_TRACKER, SLOT_SCM, SLOT_NOTIFIER };

struct plugin {
	enum slot slot;
	const char *name;    /* as in the config */
	const char *summary; /* for `ao doctor` */
};
