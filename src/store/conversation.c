#include "store/conversation.h"

#include <ctype.h>
#include <string.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/path.h"
#include "base/torn.h"
#include "model/facts.h"

enum { ID_MAX = 128, PATH_MAX_BYTES = 4096, TAIL_MAX = 8192 };

/* It becomes a word of a command line: nothing that could be an option or a path. */
static bool is_id(const char *s)
{
	size_t n = 0;

	if (!s || !isalnum((unsigned char)*s))
		return false;
	while (isalnum((unsigned char)s[n]) || (s[n] && strchr("_.:-", s[n])))
		n++;
	return !s[n] && n <= ID_MAX;
}

static bool is_path(const char *s)
{
	size_t n = 0;

	if (!s || *s != '/')
		return false;
	while ((unsigned char)s[n] >= ' ')
		n++;
	return !s[n] && n <= PATH_MAX_BYTES;
}

static char *file_of(const char *folder)
{
	return path_join(folder, "conversations");
}

/* line: "TIME ID PATH". */
static bool parse(struct conversation *c, const char *line)
{
	size_t time = strcspn(line, " ");
	const char *id = line + time + (line[time] ? 1 : 0);
	size_t n = strcspn(id, " ");
	const char *path = id + n + (id[n] ? 1 : 0);
	AUTO(str_release) char *word = str_ndup(id, n);
	AUTO(str_release) char *when = str_ndup(line, time);

	if (!is_id(word))
		return false;
	c->at = 0;
	clock_parse(&c->at, when);
	str_set(&c->id, word);
	str_set(&c->path, is_path(path) ? path : NULL);
	return true;
}

void conversation_read(struct conversation *c, const char *folder)
{
	AUTO(str_release) char *path = file_of(folder);
	AUTO(buf_release) struct buf text = { 0 };
	bool found;

	err_drop(file_read_tail_if(&text, &found, path, TAIL_MAX), "as if none was told");
	for (char *line = text.n ? text.s : NULL, *end; line && *line; line = end + 1) {
		end = strchr(line, '\n');
		if (!end)
			break; /* a torn line tells nothing */
		*end = '\0';
		parse(c, line);
	}
}

struct err *conversation_note(const char *folder, int64_t at, const char *id, const char *path)
{
	AUTO(conversation_release) struct conversation last = { 0 };
	AUTO(str_release) char *file = file_of(folder);
	AUTO(str_release) char *time = clock_iso_ms(at);
	AUTO(str_release) char *line = NULL;

	if (!is_id(id))
		return NULL;
	if (!is_path(path))
		path = "";
	conversation_read(&last, folder);
	/* an answer of its interface, say, that was asked for before its hook told of another one */
	if (at < last.at && last.at - at < CLOCK_SET_MS)
		return NULL;
	/* not each report names the path */
	if (str_equal(last.id, id) && (!*path || str_equal(last.path ? last.path : "", path)))
		return NULL;
	line = str_format("%s%s %s %s\n", file_is_torn(file) ? "\n" : "", time, id, path);
	return file_append(file, line, strlen(line), FILE_VOLATILE);
}

struct err *conversation_forget(const char *folder)
{
	AUTO(str_release) char *path = file_of(folder);

	return file_remove(path);
}

void conversation_release(struct conversation *c)
{
	str_release(&c->id);
	str_release(&c->path);
}
