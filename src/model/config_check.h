/* Rules on single values of the configuration: NULL is fine, else what the value must be, so that a
 * message reads "…: 'x' must be <that>". And those that need a whole entry. */
#pragma once

#include "model/config.h"

const char *check_count_or_time(const char *value);
const char *check_host(const char *value);
const char *check_url(const char *value); /* https; http on loopback only, as tokens go there */
const char *check_repo(const char *value);
const char *check_branch(const char *value);
const char *check_inner_path(const char *value); /* stays inside the folder it counts from */
const char *check_plain_name(const char *value); /* [A-Za-z0-9_-]+ */
const char *check_id(const char *value);

void project_done(struct schema_reader *r, const struct yaml *y, void *project, const char *path);
void permissions_done(
	struct schema_reader *r, const struct yaml *y, void *project, const char *path);
void slot_done(struct schema_reader *r, const struct yaml *y, void *slot, const char *path);
void reaction_done(struct schema_reader *r, const struct yaml *y, void *reaction, const char *path);
void notifier_done(struct schema_reader *r, const struct yaml *y, void *notifier, const char *path);

/* Every name in defaults.notifiers, notificationRouting and the projects' notifiers. */
void check_all_notifiers(struct schema_reader *r, const struct config *c, const struct yaml *root);

/* Says `what` at a key of the map, or at the map's name where it lacks the key. */
void check_at_key(struct schema_reader *r, const struct yaml *y, const char *key, const char *what);
/* PATH.KEY needs trust. */
void check_sensitive(struct schema_reader *r, const char *path, const char *key);

extern const struct schema project_schema;
