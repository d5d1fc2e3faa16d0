/*
 * One namespace: its configuration as it was last good, its sessions, and the one poll that may be under
 * way for it.
 */
#pragma once

#include "serve/job.h"
#include "serve/ward.h"

struct daemon;

struct space {
	struct daemon *daemon;
	char *name;
	struct store store;
	struct config config;
	bool known;           /* config was read at least once */
	char *trouble;        /* why nothing is done for it now; NULL: none */
	uint64_t config_seen; /* what was read last, be it good or not */
	bool relist, reload;  /* something happened to the folder, to the configuration */
	VEC(struct ward *) wards;

	bool whole; /* a poll over all is worth while */
	bool all;   /* the one under way is one over all */
	bool fresh; /* it asks the forges, however lately they were asked */
	uint64_t tally;
	struct job *poll;
	struct strv polling; /* the sessions it is for */
	int failures, forge_factor;
	int64_t not_before;
};

struct space *space_new(struct daemon *d, const char *name);
void space_free(struct space *s);
/* Everything may have changed. */
void space_doubt(struct space *s);
struct ward *space_ward(const struct space *s, const char *id); /* NULL: none */
/* Look at what may have changed, and start what follows. The next moment to come back: ms since 1970, 0:
 * none. */
int64_t space_think(struct space *s, int64_t now);
