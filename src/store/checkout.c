#include "store/checkout.h"

#include <string.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/path.h"

char *checkout_root(const char *dir)
{
	AUTO(str_release) char *at = path_absolute(dir, NULL);

	for (;;) {
		AUTO(str_release) char *git = path_join(at, ".git");
		if (path_exists(git))
			return str_dup(at);
		if (str_equal(at, "/"))
			return NULL;
		str_release(&git);
		git = path_dir(at);
		str_set(&at, git);
	}
}

/* A small text file's one line; NULL: not there. */
static char *line_of(const char *path)
{
	AUTO(buf_release) struct buf b = { 0 };
	AUTO(err_release) struct err *e = file_read(&b, path, 4096);

	if (e)
		return NULL;
	buf_trim(&b);
	return buf_detach(&b);
}

/* A clone that ao made notes whose it is, the repository's git folder first (docs/files.md). */
static char *noted_dir(const char *git)
{
	AUTO(str_release) char *file = path_join(git, "ao-clone");
	char *common = line_of(file);

	if (common)
		common[strcspn(common, "\n")] = '\0';
	return common;
}

/* The common git folder of the linked worktree or clone at root; NULL: it is none
 * (gitrepository-layout(5)). */
static char *common_dir(const char *root)
{
	AUTO(str_release) char *git = path_join(root, ".git");
	AUTO(str_release) char *pointer = line_of(git);
	AUTO(str_release) char *own = NULL;
	AUTO(str_release) char *file = NULL;
	AUTO(str_release) char *common = NULL;

	if (!str_starts(pointer, "gitdir: "))
		return pointer ? NULL : noted_dir(git);
	own = path_absolute(pointer + strlen("gitdir: "), root);
	file = path_join(own, "commondir");
	common = line_of(file);
	return common ? path_absolute(common, own) : NULL;
}

char *checkout_main(const char *dir)
{
	AUTO(str_release) char *at = path_real(dir);
	AUTO(str_release) char *root = checkout_root(at);
	AUTO(str_release) char *common = root ? common_dir(root) : NULL;
	AUTO(str_release) char *main = NULL;

	if (!common || !str_equal(path_base(common), ".git"))
		return str_dup(at);
	main = path_dir(common);
	return str_format("%s%s", main, at + (str_equal(root, "/") ? 0 : strlen(root)));
}
