#include "base/path.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/vec.h"

char *path_join(const char *dir, const char *name)
{
	size_t n = dir ? strlen(dir) : 0, m = strlen(name);
	char *joined, *end;

	if (name[0] == '/' || !n)
		return str_dup(name);
	joined = mem_grow(NULL, n + m + 2); /* every file of every session comes through here */
	end = mempcpy(joined, dir, n);
	if (end[-1] != '/')
		*end++ = '/';
	memcpy(end, name, m + 1);
	return joined;
}

char *path_dir(const char *path)
{
	const char *slash = strrchr(path, '/');

	if (!slash)
		return str_dup(".");
	return slash == path ? str_dup("/") : str_ndup(path, (size_t)(slash - path));
}

const char *path_base(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static char *fold(const char *path)
{
	AUTO(buf_release) struct buf b = { 0 };

	while (*path) {
		size_t n;

		while (*path == '/')
			path++;
		n = strcspn(path, "/");
		if (n == 2 && memcmp(path, "..", 2) == 0) {
			const char *up = b.n ? strrchr(b.s, '/') : NULL;
			buf_cut(&b, up ? (size_t)(up - b.s) : 0);
		} else if (n && !(n == 1 && *path == '.')) {
			buf_addc(&b, '/');
			buf_add(&b, path, n);
		}
		path += n;
	}
	if (!b.n)
		buf_addc(&b, '/');
	return buf_detach(&b);
}

char *path_absolute(const char *path, const char *base)
{
	AUTO(str_release) char *joined = NULL;
	char here[PATH_MAX];

	if (path[0] == '~' && (path[1] == '/' || !path[1])) {
		joined = str_format("%s/%s", path_home(), path + 1);
	} else if (path[0] == '/') {
		joined = str_dup(path);
	} else {
		if (!base)
			base = getcwd(here, sizeof(here)) ? here : "/";
		joined = path_join(base, path);
	}
	return fold(joined);
}

char *path_real(const char *path)
{
	AUTO(str_release) char *head = path_absolute(path, NULL);
	AUTO(buf_release) struct buf tail = { 0 };

	for (;;) {
		char *slash = strrchr(head, '/');
		char *real = realpath(head, NULL);
		if (real || !slash) {
			AUTO(str_release) char *found = real;
			const char *stem = found && strcmp(found, "/") != 0 ? found : "";
			if (!tail.n)
				return str_dup(found ? found : "/");
			return str_format("%s%s", stem, buf_text(&tail));
		}
		AUTO(str_release) char *rest = buf_detach(&tail);
		buf_adds(&tail, slash);
		buf_adds(&tail, rest);
		slash[slash == head && slash[1] ? 1 : 0] = '\0';
		if (!head[0] || (head[0] == '/' && !head[1]))
			return buf_detach(&tail);
	}
}

bool path_within(const char *path, const char *dir)
{
	size_t n = strlen(dir);

	while (n > 1 && dir[n - 1] == '/')
		n--;
	if (n == 1 && dir[0] == '/')
		return path[0] == '/';
	return strncmp(path, dir, n) == 0 && (path[n] == '/' || !path[n]);
}

const char *path_home(void)
{
	const char *home = getenv("HOME");

	return str_empty(home) ? "/" : home;
}

bool path_exists(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0;
}

bool path_is_dir(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static bool is_program(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISREG(st.st_mode) && access(path, X_OK) == 0;
}

char *path_program(const char *name)
{
	return path_program_in(getenv("PATH"), name);
}

char *path_program_in(const char *path, const char *name)
{
	if (str_empty(name))
		return NULL;
	if (strchr(name, '/'))
		return is_program(name) ? str_dup(name) : NULL;
	while (path && *path) {
		size_t n = strcspn(path, ":");
		AUTO(str_release) char *dir = n ? str_ndup(path, n) : str_dup(".");
		AUTO(str_release) char *full = path_join(dir, name);
		if (is_program(full))
			return str_dup(full);
		path += n + (path[n] == ':');
	}
	return NULL;
}

char *path_no_program(const char *name)
{
	if (!strchr(name, '/'))
		return str_format("no program '%s' on PATH", name);
	if (path_is_dir(name))
		return str_format("'%s' is a folder", name);
	if (path_exists(name))
		return str_format("'%s' is not executable: chmod +x", name);
	return str_format("no program '%s' there", name);
}

char *path_self(void)
{
	char text[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", text, sizeof(text) - 1);

	return n > 0 ? str_ndup(text, (size_t)n) : str_dup("/");
}

const char *path_self_dir(void)
{
	static char *dir;

	if (!dir) {
		AUTO(str_release) char *self = path_self();
		dir = path_dir(self);
	}
	return dir;
}
