/*
 * What the files of the plugin `clone` share.
 *
 * A clone's git dir is a folder that its agent can write to, so git runs in it only while it is being
 * made, before anybody else has seen it. Afterwards its HEAD, refs and reflog are read as files, as
 * gitrepository-layout(5) documents them, and its objects through a private dir (worktree.h).
 *
 * The clone is made under the name of its .ao-gone-… folder, which anybody may remove, and renamed to its
 * place when it is complete. .git/ao-clone names repository, session and base, a line each.
 *
 * In the session's folder `brought` holds "<commit> <branch>": where we left the repository's branch.
 */
#pragma once

#include "plugin/worktree.h"
#include "plugin/worktree_past.h"

/* clone_layout.c: no process is started by any of these. */
char *clone_git(const char *at); /* at/.git, a folder and no link; NULL: it is none */
/* Is what lies at `at` the checkout's clone? By the folder's identity, else by .git/ao-clone. */
enum tri clone_is_ours(const struct checkout *c, const char *at);
/* .git/ao-clone: whose it is. base may be NULL; false: it is not of that repository. */
bool clone_is_of(char **id, char **base, const char *at, const char *common);
MUST_USE struct err *clone_mark(const struct checkout *c, const char *common, const char *at);

struct clone_ref {
	char *name, *id;
	char *text; /* of an entry of the stash: its message */
};
struct clone_refs {
	VEC(struct clone_ref) list;
	VEC(struct clone_ref) stash; /* oldest first */
};
void clone_refs_release(struct clone_refs *r);
/* All but remote-tracking ones, also those whose name git would not take; no symbolic ones. */
MUST_USE struct err *clone_refs_read(struct clone_refs *out, const char *git_dir);
const char *clone_ref_id(const struct clone_refs *r, const char *name); /* NULL: no such ref */
/* The commit that HEAD names; NULL: none. */
char *clone_head(const char *git_dir, const struct clone_refs *refs);

/* clone_config.c: config, remotes and tags as the repository has them. */
MUST_USE struct err *clone_configure(const char *common, const char *git_dir);
MUST_USE struct err *clone_list_refs(struct buf *updates, const char *common, const char *git_dir);
bool clone_config_has(const char *common, const char *words); /* somewhere in its text */

/* clone_create.c */
struct clone_plan {
	const struct checkout *c;
	const char *common;
	const char *head_name;   /* "refs/heads/main"; anything else: detached */
	const char *head;        /* the commit */
	const struct past *past; /* what else it held; NULL: nothing */
};
/* A whole clone in the place of what is gone: *at. */
MUST_USE struct err *clone_make(char **at, const struct clone_plan *p);
/* It appears in its place. */
MUST_USE struct err *clone_appear(char **handle, const struct clone_plan *p, const char *at);
MUST_USE struct err *clone_create(char **handle, const struct checkout *c, struct sink *sink);

/* clone_publish.c */
MUST_USE struct err *clone_publish(const struct checkout *c, const char *branch);
bool clone_has_news(const struct checkout *c, const char *branch);
void clone_places(struct strv *folders, const struct checkout *c, const char *branch);
/* Remember where the repository's branch is by our own doing. */
MUST_USE struct err *clone_note_brought(
	const struct checkout *c, const char *branch, const char *commit);

/* The other functions of the table. */
MUST_USE struct err *clone_save(
	struct saved *out, const struct checkout *c, const char *previous, int64_t now_ms);
MUST_USE struct err *clone_remove(
	char **kept, const struct checkout *c, const struct saved *saved, int64_t now_ms);
MUST_USE struct err *clone_undo(
	struct saved *out, const struct checkout *c, bool made_branch, int64_t now_ms);
MUST_USE struct err *clone_undelete(
	char **handle, char **branch, const struct checkout *c, const char *ref, struct sink *sink);
MUST_USE struct err *clone_recap(struct buf *out, const struct checkout *c);
MUST_USE struct err *clone_leftovers(
	struct strv *paths, const char *repo, const char *worktree_dir);
MUST_USE struct err *clone_adopt(
	char **handle, char **branch, char **base, const struct checkout *c);
