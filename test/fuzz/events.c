/* Any bytes are a log: it is verified without complaint, and the next writer adds one whole line. */
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "base/file.h"
#include "base/path.h"
#include "fuzz.h"
#include "store/events.h"

static char dir[64];

static void clean(void)
{
	err_drop(file_remove_tree(dir), "the end");
}

/* In memory where there is such a place: each line is synced. */
static void begin(void)
{
	strcpy(dir, path_is_dir("/dev/shm") ? "/dev/shm/ao-fuzz-XXXXXX" : "/tmp/ao-fuzz-XXXXXX");
	require(mkdtemp(dir) != NULL);
	atexit(clean);
}

static void fine(struct err *e)
{
	if (e)
		fprintf(stderr, "%s\n", e->text);
	require(!e);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	struct store st = { .dir = dir };
	struct events_report before, after;
	AUTO(str_release) char *path = NULL;
	size_t whole = 0;

	if (!dir[0])
		begin();
	path = path_join(dir, "events.jsonl");
	fine(file_replace(path, bytes, n, FILE_VOLATILE));
	for (size_t i = 0; i < n; i++)
		whole += bytes[i] == '\n';
	fine(events_verify(&before, &st));
	require(before.lines == (long)whole && before.torn == (n && bytes[n - 1] != '\n'));
	require(before.broken + before.doubles + before.gaps <= before.lines);
	fine(events_append(&st, "fe-1", "fuzzed", 1000, NULL));
	fine(events_verify(&after, &st));
	require(after.lines == before.lines + 1 && !after.torn && after.broken == before.broken);
	require(before.doubles || after.doubles == 0);
	require(after.gaps == before.gaps);
	return 0;
}
