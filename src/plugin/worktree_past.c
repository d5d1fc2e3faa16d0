/* What a save says of itself, and laying it over a fresh checkout of the commit it stood on. */
#include <string.h>
#include <unistd.h>

#include "base/path.h"
#include "plugin/worktree_past.h"

void past_release(struct past *r)
{
	str_release(&r->save);
	str_release(&r->head);
	str_release(&r->head_name);
	str_release(&r->index_tree);
	str_release(&r->tip);
	strv_release(&r->words);
}

static void read_word(char **slot, const char *line, const char *key)
{
	size_t n = strlen(key);

	if (strncmp(line, key, n) == 0 && line[n] == ' ')
		str_set(slot, line + n + 1);
}

/* The message that the save wrote (worktree_shot.c). */
static void read_message(struct past *r, char *text)
{
	char *save = NULL;

	for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		read_word(&r->head_name, line, "head");
		read_word(&r->head, line, "commit");
		read_word(&r->index_tree, line, "index");
		read_word(&r->tip, line, "tip");
		r->merging |= str_starts(line, "also ");
		if (str_starts(line, "ref ") || str_starts(line, "stash "))
			strv_add(&r->words, line);
	}
}

struct err *past_read(struct past *r, const char *common, const char *ref)
{
	AUTO(run_result_release) struct run_result result = { 0 };
	AUTO(str_release) char *ask = str_format("%s^{commit}\n", ref);
	char *text;

	TRY(git_ok(&result, &(struct git){ .git_dir = common, .in = ask, .in_n = strlen(ask) },
		ARGV("cat-file", "--batch")));
	r->save = str_ndup(buf_text(&result.out), strcspn(buf_text(&result.out), " "));
	text = result.out.n ? strstr(result.out.s, "\n\n") : NULL;
	if (!is_object_id(r->save) || !text)
		return fail(ERR_MISSING, "%s is gone", ref);
	read_message(r, text + 2);
	if (!is_object_id(r->head) || !r->head_name ||
		(r->index_tree && !is_object_id(r->index_tree)) ||
		(r->tip && !is_object_id(r->tip)))
		return fail(ERR_FAILED, "%s was not saved by ao", ref);
	return NULL;
}

static struct err *unlink_below(const char *root, const char *name)
{
	AUTO(str_release) char *path = path_join(root, name);
	AUTO(str_release) char *above = path_dir(path);

	TRY(file_remove(path));
	while (path_within(above, root) && !str_equal(above, root) && rmdir(above) == 0) {
		AUTO(str_release) char *up = path_dir(above);
		str_set(&above, up);
	}
	return NULL;
}

/* What the save lacks is unlinked first, so that a file can become a folder and back. */
struct err *past_overlay(
	const struct past *r, const struct checkout *c, const char *common, const char *work_tree)
{
	AUTO(private_release) struct private_dir p = { 0 };
	AUTO(run_result_release) struct run_result lacking = { 0 };
	AUTO(run_result_release) struct run_result other = { 0 };
	AUTO(run_result_release) struct run_result read = { 0 };
	AUTO(run_result_release) struct run_result written = { 0 };

	TRY(private_open(&p, c, common, work_tree));
	TRY(private_ok(&lacking, &p, NULL,
		ARGV("diff-tree", "-r", "-z", "--no-renames", "--diff-filter=D", "--name-only",
			r->head, r->save)));
	for (const char *e = buf_text(&lacking.out); e < lacking.out.s + lacking.out.n;
		e += strlen(e) + 1)
		TRY(unlink_below(work_tree, e));
	TRY(private_ok(&read, &p, NULL, ARGV("read-tree", r->save)));
	TRY(private_ok(&other, &p, NULL,
		ARGV("diff-tree", "-r", "-z", "--no-renames", "--diff-filter=d", "--name-only",
			r->head, r->save)));
	/* the save's threshold would stream each small file by itself, which is four times as slow */
	return private_ok(&written, &p, &other.out,
		ARGV("-c", "core.bigFileThreshold=512m", "checkout-index", "-q", "-f", "-z",
			"--stdin"));
}

struct err *past_stage(
	const struct past *r, const struct checkout *c, const char *git_dir, const char *work_tree)
{
	AUTO(run_result_release) struct run_result read = { 0 };
	AUTO(run_result_release) struct run_result fresh = { 0 };
	struct git g = { .git_dir = git_dir,
		.work_tree = work_tree,
		.timeout_ms = GIT_LONG_MS,
		.keep_fd = c->lock_fd };

	if (r->index_tree)
		TRY(git_ok(&read, &g, ARGV("read-tree", "-i", "-m", r->index_tree)));
	return git_run(&fresh, &g, ARGV("update-index", "-q", "--refresh"));
}
