/* What a save found, as a commit and a ref. */
#include <string.h>

#include "base/clock.h"
#include "base/path.h"
#include "plugin/worktree_shot.h"

enum { NAME_TRIES = 60, REFLOG_MAX = 64 << 20 };

static struct err *count_files(struct shot *s)
{
	AUTO(run_result_release) struct run_result r = { 0 };
	const char *tree = s->tree;

	if (str_equal(tree, s->head_tree) && s->index_tree)
		tree = s->index_tree;
	TRY(private_ok(&r, &s->p, NULL,
		ARGV("diff-tree", "-r", "-z", "--no-renames", "--name-only", s->head_tree, tree)));
	for (size_t i = 0; i < r.out.n; i++)
		s->files += r.out.s[i] == '\0';
	return NULL;
}

static bool is_staged(const struct shot *s)
{
	return s->index_tree && !str_equal(s->index_tree, s->head_tree);
}

bool shot_is_worth(const struct shot *s)
{
	return !str_equal(s->tree, s->head_tree) || is_staged(s) || s->commits;
}

static void message(struct buf *b, const struct shot *s)
{
	buf_addf(
		b, "ao: saved work of %s\n\nhead %s\ncommit %s\n", s->c->id, s->head_name, s->head);
	if (is_staged(s))
		buf_addf(b, "index %s\n", s->index_tree);
	if (s->tip)
		buf_addf(b, "tip %s\n", s->tip);
	STRV_EACH(also, &s->also)
		buf_addf(b, "also %s\n", *also);
	STRV_EACH(word, &s->words)
		buf_addf(b, "%s\n", *word);
	buf_addf(b, "files %d\ncommits %d\n", s->files, s->commits);
}

/* A ref of this session that already holds just this; the newest. */
static struct err *find_same(char **ref, const struct shot *s, const struct buf *text)
{
	AUTO(run_result_release) struct run_result r = { 0 };
	AUTO(str_release) char *pattern = str_format(TRASH "%s/", s->c->id);
	const char *end, *at;

	TRY(git_ok(&r, &(struct git){ .git_dir = s->common },
		ARGV("for-each-ref", "--sort=-refname",
			"--format=%(refname)%00%(tree)%00%(contents)%00", pattern)));
	at = buf_text(&r.out);
	end = at + r.out.n;
	while (at < end) {
		const char *name = at + (*at == '\n');
		const char *tree = name + strlen(name) + 1;
		const char *contents = tree < end ? tree + strlen(tree) + 1 : end;
		if (contents >= end)
			break;
		if (str_equal(tree, s->tree) && str_equal(contents, buf_text(text))) {
			*ref = str_dup(name);
			break;
		}
		at = contents + strlen(contents) + 1;
	}
	return NULL;
}

static struct err *commit(char **id, struct shot *s, const char *tree, const struct strv *parents,
	const struct buf *text)
{
	AUTO(run_result_release) struct run_result r = { 0 };
	AUTO(strv_release) struct strv args = { 0 };

	strv_add_all(&args, ARGV("commit-tree", tree));
	STRV_EACH(parent, parents)
		strv_add_all(&args, ARGV("-p", *parent));
	TRY(private_ok(&r, &s->p, text, args.v));
	buf_trim(&r.out);
	*id = buf_detach(&r.out);
	return NULL;
}

static struct err *commit_all(char **id, struct shot *s, const struct buf *text)
{
	AUTO(strv_release) struct strv parents = { 0 };
	AUTO(str_release) char *index = NULL;
	AUTO(buf_release) struct buf subject = { 0 };

	buf_adds(&subject, "ao: index\n");
	strv_add(&parents, s->head);
	if (is_staged(s)) {
		TRY(commit(&index, s, s->index_tree, &parents, &subject));
		strv_add(&parents, index);
	}
	strv_add_all(&parents, s->also.v);
	STRV_EACH(held, &s->held)
		if (!strv_has(&parents, *held))
			strv_add(&parents, *held);
	if (s->tip && !strv_has(&parents, s->tip))
		strv_add(&parents, s->tip);
	return commit(id, s, s->tree, &parents, text);
}

/* One name a second; a name taken by a save of other content is passed over. */
static struct err *publish(char **ref, struct shot *s, const char *commit_id)
{
	for (int i = 0;; i++) {
		AUTO(run_result_release) struct run_result r = { 0 };
		AUTO(str_release) char *time = clock_compact(s->now_ms + (int64_t)i * 1000);
		AUTO(str_release) char *name = str_format(TRASH "%s/%s", s->c->id, time);
		TRY(git_run(&r, &(struct git){ .git_dir = s->common, .keep_fd = s->c->lock_fd },
			ARGV("update-ref", name, commit_id, "")));
		if (!r.code) {
			*ref = str_dup(name);
			return NULL;
		}
		if (i == NAME_TRIES || !strstr(buf_text(&r.err), "already exists"))
			return git_failed(&r, ARGV("update-ref"));
	}
}

/* The reflog goes with the admin dir; the session's folder keeps it for a person to look into. */
static void keep_reflog(const struct shot *s)
{
	AUTO(str_release) char *from = path_join(s->admin, "logs/HEAD");
	AUTO(str_release) char *to = path_join(s->c->folder, "HEAD.log");
	AUTO(buf_release) struct buf b = { 0 };
	struct err *e = file_read(&b, from, REFLOG_MAX);

	if (!e)
		e = file_replace(to, b.s, b.n, FILE_VOLATILE);
	err_drop(e, "a convenience");
}

struct err *shot_keep(char **ref, struct shot *s)
{
	AUTO(buf_release) struct buf text = { 0 };
	AUTO(str_release) char *id = NULL;

	TRY(count_files(s));
	message(&text, s);
	TRY(find_same(ref, s, &text));
	if (*ref)
		return NULL;
	TRY(commit_all(&id, s, &text));
	if (s->quarantined)
		TRY(private_bring(&s->p, s->c, s->common, id));
	return publish(ref, s, id);
}

void shot_give(struct saved *out, struct shot *s, char **ref)
{
	keep_reflog(s);
	*out = (struct saved){
		.ref = *ref, .files = s->files, .commits = s->commits, .nested = s->nested
	};
	*ref = NULL;
	s->nested = (struct strv){ 0 };
}
