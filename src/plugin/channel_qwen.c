/*
 * Qwen Code's --input-file, seen on 0.15.10 and 0.24.4: a file of JSON lines that it looks at twice a second
 * and from whose end it reads on. {"type":"submit","text":…} becomes a turn as soon as it is ready; with a
 * menu open it waits. What stands there when Qwen starts is not read; a file that shrank or changed is
 * read again from its beginning, messages and all: it is only ever appended to, a line whole or not at all.
 */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/path.h"
#include "slot/channel.h"

static struct err *hand(enum channel_answer *out, const struct channel_ref *r, const char *ticket,
	const char *text, size_t n)
{
	AUTO(str_release) char *path = path_join(r->folder, "input");
	AUTO(str_release) char *line = NULL;
	AUTO(buf_release) struct buf b = { 0 };
	json_t *o = json_pack("{s:s, s:s%}", "type", "submit", "text", text, n);

	if (o)
		line = json_dumps(o, JSON_COMPACT);
	json_decref(o);
	(void)ticket; /* it has none */
	if (!line)
		return fail(ERR_USAGE, "the message is no UTF-8");
	buf_addf(&b, "%s\n", line);
	*out = CHANNEL_SILENT;
	return file_append(path, b.s, b.n, FILE_VOLATILE);
}

const struct channel channel_qwen = {
	.plugin = { SLOT_AGENT, "qwen", "Qwen Code's file for messages" },
	.needs = "{inputFile}",
	.hand = hand,
};
