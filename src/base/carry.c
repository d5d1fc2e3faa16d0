#include "base/carry.h"

#include <unistd.h>

#include "base/path.h"
#include "base/run.h"

enum { COPY_TIMEOUT_MS = 600000 };

/* As text first, then by what the folders above it really are. */
static bool stays_inside(const char *to, const char *name)
{
	AUTO(str_release) char *folded = path_absolute(name, "/x");
	AUTO(str_release) char *target = path_join(to, name);
	AUTO(str_release) char *folder = path_dir(target);
	AUTO(str_release) char *real = path_real(folder);
	AUTO(str_release) char *top = path_real(to);

	return name[0] != '/' && path_within(folded, "/x") && !str_equal(folded, "/x") &&
		path_within(real, top);
}

struct err *carry(const char *from, const char *to, const char *name, bool copy, int keep_fd,
	struct sink *sink)
{
	AUTO(str_release) char *source = path_join(from, name);
	AUTO(str_release) char *target = path_join(to, name);
	AUTO(str_release) char *folder = path_dir(target);
	AUTO(run_result_release) struct run_result r = { 0 };

	if (!stays_inside(to, name))
		return fail(ERR_CONFIG, "'%s' does not stay inside the worktree", name);
	if (!path_exists(source)) {
		sink_say(sink, SINK_NOTE, "%s: not in %s, left out", name, from);
		return NULL;
	}
	if (path_exists(target)) {
		sink_say(sink, SINK_NOTE, "%s: git has it in the worktree, left alone", name);
		return NULL;
	}
	if (!path_is_dir(folder))
		TRY(RUN_OK(&r, .argv = ARGV("mkdir", "-p", "--", folder), .keep_fd = keep_fd));
	if (copy)
		return RUN_OK(&r, .argv = ARGV("cp", "-a", "--reflink=auto", "--", source, target),
			.timeout_ms = COPY_TIMEOUT_MS, .keep_fd = keep_fd);
	return symlink(source, target) < 0 ? fail_errno("cannot link %s", target) : NULL;
}
