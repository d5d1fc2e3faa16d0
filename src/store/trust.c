#include "store/trust.h"

#include <grp.h>
#include <pwd.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/env.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/path.h"
#include "base/run.h"
#include "store/checkout.h"

/* In the default data folder even if dataDir says otherwise: that is one of the values in question. */
static char *pin_path(const char *file)
{
	return str_format("%s/.agent-orchestrator/trust/%016llx", path_home(),
		(unsigned long long)hash_fnv(file, strlen(file)));
}

static void pin_text(struct buf *out, const char *file, const struct buf *text)
{
	buf_addf(out, "%s\n", file);
	buf_add(out, buf_text(text), text->n);
}

bool trust_pinned(const char *file, const struct buf *text)
{
	AUTO(str_release) char *path = pin_path(file);
	AUTO(buf_release) struct buf want = { 0 };
	AUTO(buf_release) struct buf have = { 0 };
	AUTO(err_release) struct err *e = NULL;
	bool found;

	pin_text(&want, file, text);
	e = file_read_if(&have, &found, path, want.n);
	return !e && found && have.n == want.n && memcmp(have.s, want.s, want.n) == 0;
}

struct err *trust_pin(const char *file, const struct buf *text)
{
	AUTO(str_release) char *path = pin_path(file);
	AUTO(str_release) char *dir = path_dir(path);
	AUTO(buf_release) struct buf want = { 0 };

	pin_text(&want, file, text);
	TRY(file_make_dirs(dir));
	return file_replace(path, want.s, want.n, FILE_DURABLE);
}

/* A group of this user alone, as umask 002 systems have them. */
static bool own_group(gid_t gid)
{
	const struct passwd *me = getpwuid(geteuid());
	bool primary = me && me->pw_gid == gid;
	AUTO(str_release) char *name = me ? str_dup(me->pw_name) : NULL;
	const struct group *g = getgrgid(gid);

	if (!primary || !g || !str_equal(g->gr_name, name))
		return false;
	for (char **m = g->gr_mem; *m; m++)
		if (!str_equal(*m, name))
			return false;
	return true;
}

static bool others_write(const struct stat *st)
{
	if (st->st_mode & S_IWOTH)
		return true;
	return (st->st_mode & S_IWGRP) && st->st_gid != 0 && !own_group(st->st_gid);
}

static bool ours(const struct stat *st)
{
	return st->st_uid == geteuid() || st->st_uid == 0;
}

/* The file, its folder, and no folder above in which another could swap that one. */
static bool only_we_write(const char *file)
{
	AUTO(str_release) char *dir = path_dir(file);
	struct stat st;
	bool first = true;

	if (lstat(file, &st) < 0 || !S_ISREG(st.st_mode) || !ours(&st) || others_write(&st))
		return false;
	for (;;) {
		AUTO(str_release) char *up = path_dir(dir);
		if (lstat(dir, &st) < 0 || (first && !ours(&st)))
			return false;
		/* in a sticky folder only owners rename and remove */
		if (others_write(&st) && !(st.st_mode & S_ISVTX))
			return false;
		if (str_equal(dir, "/"))
			return true;
		str_set(&dir, up);
		first = false;
	}
}

/* A folder that says what runs in it decides nothing here: no hooks, no fsmonitor, no GIT_ variables. */
static bool git_tracks(const char *file)
{
	AUTO(str_release) char *dir = path_dir(file);
	AUTO(str_release) char *root = checkout_root(dir);
	AUTO(strv_release) struct strv env = { 0 };
	AUTO(run_result_release) struct run_result r = { 0 };
	AUTO(err_release) struct err *e = NULL;

	if (!root)
		return false;
	env_copy(&env);
	env_unset_prefix(&env, "GIT_");
	env_set(&env, "GIT_OPTIONAL_LOCKS", "0");
	e = RUN(&r,
		.argv = ARGV("git", "-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null",
			"ls-files", "--error-unmatch", "--", path_base(file)),
		.env = env.v, .dir = dir, .timeout_ms = 5000);
	return e || r.code != 1;
}

bool trust_by_nature(const char *file)
{
	return only_we_write(file) && !git_tracks(file);
}
