/* The local forge on disk: reading, writing, and the refs that it goes by. */
#include <ctype.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/path.h"
#include "base/valid.h"
#include "plugin/scm_local.h"

enum { PACKED_MAX = 256 << 20, ITEMS_MAX = 100000, SYMREFS_MAX = 5 };

struct err *local_open(struct local *l, const char *repo)
{
	TRY(repo_find(NULL, &l->common, repo));
	l->dir = path_join(l->common, "ao/pulls");
	return NULL;
}

void local_release(struct local *l)
{
	str_release(&l->common);
	str_release(&l->dir);
	local_reread(l);
}

void local_reread(struct local *l)
{
	str_release(&l->packed);
	str_release(&l->base);
	str_release(&l->base_tip);
}

void record_release(struct record *r)
{
	pull_release(&r->pull);
	kv_release(&r->kv);
}

char *local_path(const struct local *l, int number, const char *name)
{
	return str_format("%s/%d/%s", l->dir, number, name);
}

static const char *packed_refs(struct local *l)
{
	AUTO(str_release) char *path = path_join(l->common, "packed-refs");
	AUTO(buf_release) struct buf b = { 0 };
	bool found;

	if (!l->packed) {
		err_drop(file_read_if(&b, &found, path, PACKED_MAX), "no packed refs, then");
		l->packed = buf_detach(&b);
	}
	return l->packed;
}

/* "<id> <ref>" on a line of its own (gitrepository-layout(5)). */
static char *packed_ref(struct local *l, const char *ref)
{
	AUTO(str_release) char *line = str_format(" %s\n", ref);
	const char *text = packed_refs(l), *at = strstr(text, line), *begin = at;
	char *id;

	while (begin && begin > text && begin[-1] != '\n')
		begin--;
	if (!at)
		return NULL;
	id = str_ndup(begin, (size_t)(at - begin));
	if (!is_object_id(id))
		str_release(&id);
	return id;
}

/* Symbolic refs are followed as far as git does; an agent could write a ring of them. */
/* The commit of a ref, by git's own files; NULL: none. */
char *local_ref(struct local *l, const char *ref)
{
	AUTO(str_release) char *at = str_dup(ref);

	for (int depth = 0; depth < SYMREFS_MAX; depth++) {
		AUTO(str_release) char *path = path_join(l->common, at);
		AUTO(str_release) char *line = first_line(path);

		if (!line)
			return packed_ref(l, at);
		if (is_object_id(line))
			return str_dup(line);
		if (!str_starts(line, "ref: refs/heads/"))
			return packed_ref(l, at);
		str_set(&at, line + strlen("ref: "));
	}
	return NULL;
}

char *local_tip(struct local *l, const char *branch)
{
	AUTO(str_release) char *ref = str_format("refs/heads/%s", branch);

	return local_ref(l, ref);
}

static int number_order(const void *a, const void *b)
{
	return *(const int *)a - *(const int *)b;
}

static bool number_of(int *out, const char *text)
{
	size_t n = strlen(text);

	if (!n || n > 8 || strspn(text, "0123456789") != n || text[0] == '0')
		return false;
	*out = atoi(text);
	return true;
}

struct err *local_numbers(struct numbers *out, const struct local *l)
{
	AUTO(strv_release) struct strv names = { 0 };

	TRY(file_list(&names, l->dir));
	STRV_EACH(name, &names) {
		int number;
		AUTO(str_release) char *record = NULL;

		if (!number_of(&number, *name))
			continue;
		record = local_path(l, number, "pull");
		if (path_exists(record))
			*vec_push(&out->list) = number;
	}
	if (out->list.n)
		qsort(out->list.v, out->list.n, sizeof(*out->list.v), number_order);
	return NULL;
}

/* ---- key=value with numbered keys ------------------------------------------------------------------- */

/* "12.text" -> 12, "text" */
static const char *numbered(int *number, const char *key)
{
	const char *dot = key ? strchr(key, '.') : NULL;
	AUTO(str_release) char *digits = dot ? str_ndup(key, (size_t)(dot - key)) : NULL;

	return digits && number_of(number, digits) && *number <= ITEMS_MAX ? dot + 1 : NULL;
}

static void put(struct kv *kv, int number, const char *key, const char *value)
{
	struct kv_line *line;

	if (!value)
		return;
	line = vec_push(kv);
	line->key = number ? str_format("%d.%s", number, key) : str_dup(key);
	line->value = str_dup(value);
}

static void put_time(struct kv *kv, int number, const char *key, int64_t at)
{
	AUTO(str_release) char *iso = at ? clock_iso_ms(at) : NULL;

	put(kv, number, key, iso);
}

static void put_int(struct kv *kv, int number, const char *key, int value)
{
	AUTO(str_release) char *text = value ? str_format("%d", value) : NULL;

	put(kv, number, key, text);
}

static struct err *write_file(
	const struct kv *kv, const struct local *l, int number, const char *name)
{
	AUTO(str_release) char *path = local_path(l, number, name);
	AUTO(buf_release) struct buf b = { 0 };

	kv_write(&b, kv);
	return file_replace(path, buf_text(&b), b.n, FILE_DURABLE);
}

static struct err *read_kv(
	struct kv *kv, bool *found, const struct local *l, int number, const char *name)
{
	AUTO(str_release) char *path = local_path(l, number, name);
	AUTO(buf_release) struct buf b = { 0 };

	TRY(file_read_if(&b, found, path, PULL_FILE_MAX));
	kv_parse(kv, buf_text(&b), b.n, NULL);
	return NULL;
}

/* ---- remarks ------------------------------------------------------------------------------------------ */

static void remark_set(struct remark *r, const char *key, const char *value)
{
	if (str_equal(key, "kind")) {
		if (!remark_kind_of(&r->kind, value))
			r->kind = REMARK_COMMENT;
	} else if (str_equal(key, "by")) {
		str_set(&r->by, value);
	} else if (str_equal(key, "to")) {
		str_set(&r->to, value);
	} else if (str_equal(key, "head")) {
		str_set(&r->head, value);
	} else if (str_equal(key, "file")) {
		str_set(&r->file, value);
	} else if (str_equal(key, "line")) {
		r->line = atoi(value);
	} else if (str_equal(key, "text")) {
		str_set(&r->text, value);
	} else if (str_equal(key, "at")) {
		clock_parse(&r->at, value);
	} else if (str_equal(key, "resolved")) {
		r->resolved = str_equal(value, "yes");
	}
}

static struct err *remarks_read(struct pull *p, const struct local *l)
{
	AUTO(kv_release) struct kv kv = { 0 };
	bool found;
	int number;

	TRY(read_kv(&kv, &found, l, p->number, "remarks"));
	for (size_t i = 0; i < kv.n; i++) {
		const char *key = numbered(&number, kv.v[i].key);
		if (!key || (size_t)number > p->remarks.n + 1)
			continue; /* they come in order, without gaps */
		if ((size_t)number == p->remarks.n + 1)
			*vec_push(&p->remarks) = (struct remark){ .number = number,
				.trusted =
					true /* who can write here is a user of this machine */ };
		remark_set(&p->remarks.v[number - 1], key, kv.v[i].value);
	}
	return NULL;
}

struct err *remarks_save(const struct pull *p, const struct local *l)
{
	AUTO(kv_release) struct kv kv = { 0 };

	for (size_t i = 0; i < p->remarks.n; i++) {
		const struct remark *r = &p->remarks.v[i];
		int n = (int)i + 1;
		put(&kv, n, "kind", remark_word(r->kind));
		put(&kv, n, "by", r->by);
		put(&kv, n, "to", r->to);
		put_time(&kv, n, "at", r->at);
		put(&kv, n, "head", r->head);
		put(&kv, n, "file", r->file);
		put_int(&kv, n, "line", r->line);
		put(&kv, n, "text", r->text);
		put(&kv, n, "resolved", r->resolved ? "yes" : NULL);
	}
	return write_file(&kv, l, p->number, "remarks");
}

/* ---- checks ------------------------------------------------------------------------------------------- */

static void check_set(
	struct check *c, const struct local *l, int pull, const char *key, const char *value)
{
	if (str_equal(key, "name")) {
		str_set(&c->name, value);
	} else if (str_equal(key, "command")) {
		str_set(&c->command, value);
	} else if (str_equal(key, "state")) {
		if (!check_state_of(&c->state, value))
			c->state = CHECK_PENDING;
	} else if (str_equal(key, "code")) {
		c->code = atoi(value);
	} else if (str_equal(key, "startedAt")) {
		clock_parse(&c->started_at, value);
	} else if (str_equal(key, "endedAt")) {
		clock_parse(&c->ended_at, value);
	} else if (str_equal(key, "log") && !strchr(value, '/')) {
		str_release(&c->log);
		c->log = local_path(l, pull, value);
	}
}

/* What is recorded; *head: of which commit. */
static struct err *checks_recorded(struct pull *p, char **head, const struct local *l)
{
	AUTO(kv_release) struct kv kv = { 0 };
	bool found;
	int number;

	TRY(read_kv(&kv, &found, l, p->number, "checks"));
	str_set(head, kv_get(&kv, "head"));
	for (size_t i = 0; i < kv.n; i++) {
		const char *key = numbered(&number, kv.v[i].key);
		if (!key || (size_t)number > p->checks.n + 1)
			continue;
		if ((size_t)number == p->checks.n + 1)
			vec_push(&p->checks);
		check_set(&p->checks.v[number - 1], l, p->number, key, kv.v[i].value);
	}
	return NULL;
}

/* A result counts for the command that it was got by. */
static struct check *same_check(const struct pull *p, const struct named_text *wanted)
{
	for (size_t i = 0; i < p->checks.n; i++)
		if (str_equal(p->checks.v[i].name, wanted->name) &&
			str_equal(p->checks.v[i].command, wanted->text))
			return &p->checks.v[i];
	return NULL;
}

/* The wanted checks in the config's order, with what is known of them on this head. */
static void checks_wanted(struct pull *p, const struct named_texts *wanted, bool of_head)
{
	struct pull fresh = { 0 };

	for (size_t i = 0; i < wanted->n; i++) {
		struct check *c = vec_push(&fresh.checks);
		struct check *known = of_head ? same_check(p, &wanted->v[i]) : NULL;
		if (known) {
			*c = *known;
			*known = (struct check){ 0 };
			continue;
		}
		c->name = str_dup(wanted->v[i].name);
		c->command = str_dup(wanted->v[i].text);
	}
	for (size_t i = 0; i < p->checks.n; i++)
		check_release(&p->checks.v[i]);
	free(p->checks.v);
	p->checks.v = fresh.checks.v;
	p->checks.n = fresh.checks.n;
	p->checks.room = fresh.checks.room;
}

struct err *checks_save(const struct pull *p, const struct local *l)
{
	AUTO(kv_release) struct kv kv = { 0 };

	put(&kv, 0, "head", p->head);
	for (size_t i = 0; i < p->checks.n; i++) {
		const struct check *c = &p->checks.v[i];
		int n = (int)i + 1;
		put(&kv, n, "name", c->name);
		put(&kv, n, "command", c->command);
		put(&kv, n, "state", check_word(c->state));
		put_int(&kv, n, "code", c->code);
		put_time(&kv, n, "startedAt", c->started_at);
		put_time(&kv, n, "endedAt", c->ended_at);
		put(&kv, n, "log", c->log ? path_base(c->log) : NULL);
	}
	return write_file(&kv, l, p->number, "checks");
}

/* ---- the record --------------------------------------------------------------------------------------- */

static void take_fields(struct record *r)
{
	struct pull *p = &r->pull;
	const struct {
		char **to;
		const char *key;
	} fields[] = { { &p->title, "title" }, { &p->body, "body" }, { &p->branch, "branch" },
		{ &p->base, "base" }, { &p->head, "head" }, { &p->session, "session" },
		{ &p->author, "author" }, { &p->merged_as, "merged" } };

	for (size_t i = 0; i < COUNT_OF(fields); i++)
		str_set(fields[i].to, kv_get(&r->kv, fields[i].key));
	if (!pull_state_of(&p->state, kv_get(&r->kv, "state")))
		p->state = PULL_OPEN;
	clock_parse(&p->created_at, kv_get(&r->kv, "createdAt"));
	clock_parse(&p->ended_at, kv_get(&r->kv, "endedAt"));
}

/* Most go into the same branch. */
static const char *base_tip(struct local *l, const char *base)
{
	if (!str_equal(l->base, base)) {
		str_release(&l->base_tip);
		l->base_tip = local_tip(l, base);
		str_set(&l->base, base);
	}
	return l->base_tip;
}

/* A merge that died behind its last step has happened. Its record is mended by the next verb. */
static void see_died_merge(struct record *r, const char *tip)
{
	const char *merge = kv_get(&r->kv, "merge");

	if (str_empty(kv_get(&r->kv, "doing")) || !str_equal(merge, tip))
		return;
	r->pull.state = PULL_MERGED;
	str_set(&r->pull.merged_as, merge);
}

static void split_lines(struct strv *out, const char *text)
{
	for (size_t n; text && *text; text += n + (text[n] == '\n')) {
		n = strcspn(text, "\n");
		strv_take(out, str_ndup(text, n));
	}
}

static void look_at_refs(struct record *r, struct local *l)
{
	struct pull *p = &r->pull;
	const char *tip = base_tip(l, p->base);
	AUTO(str_release) char *head = local_tip(l, p->branch);
	AUTO(str_release) char *tested = NULL;
	const char *had = kv_get(&r->kv, "conflict");

	see_died_merge(r, tip);
	if (p->state == PULL_MERGED)
		return;
	if (!head) { /* the branch is gone; what it held last is kept */
		AUTO(str_release) char *ref = str_format("refs/ao/pull/%d/head", p->number);
		head = local_ref(l, ref);
	}
	if (head)
		str_set(&p->head, head);
	tested = str_format("%s %s ", p->head, tip ? tip : "");
	p->untested = tip && !str_starts(had, tested);
	p->conflict = tip && !p->untested && str_ends(had, " yes");
	if (p->conflict)
		split_lines(&p->conflicts, kv_get(&r->kv, "conflicts"));
}

struct err *record_read(struct record *r, struct local *l, int number, const struct project *p)
{
	AUTO(str_release) char *head = NULL;
	bool found;

	TRY(read_kv(&r->kv, &found, l, number, "pull"));
	if (!found)
		return fail(ERR_MISSING, "no pull request #%d: 'ao pr ls' lists them", number);
	r->pull.number = number;
	take_fields(r);
	if (!valid_branch(r->pull.branch) || !valid_branch(r->pull.base) ||
		!is_object_id(r->pull.head))
		return fail(ERR_FAILED, "%s/%d/pull was edited and cannot be read", l->dir, number);
	if (r->pull.state == PULL_OPEN)
		look_at_refs(r, l);
	if (r->pull.state == PULL_MERGED)
		r->pull.merged_into_default = str_equal(kv_get(&r->kv, "default"), "yes");
	TRY(remarks_read(&r->pull, l));
	if (!p || p->checks.n || r->pull.state != PULL_OPEN)
		TRY(checks_recorded(&r->pull, &head, l));
	if (r->pull.state == PULL_OPEN && (p || !str_equal(head, r->pull.head))) {
		static const struct named_texts none;
		checks_wanted(&r->pull, p ? &p->checks : &none, str_equal(head, r->pull.head));
	}
	pull_judge(&r->pull);
	return NULL;
}

struct err *record_save(struct record *r, const struct local *l)
{
	const struct pull *p = &r->pull;
	AUTO(str_release) char *number = str_format("%d", p->number);
	AUTO(str_release) char *created = clock_iso(p->created_at);
	AUTO(str_release) char *ended = p->ended_at ? clock_iso(p->ended_at) : NULL;
	const struct {
		const char *key, *value;
	} fields[] = { { "number", number }, { "state", pull_state_word(p->state) },
		{ "title", p->title }, { "branch", p->branch }, { "base", p->base },
		{ "head", p->head }, { "session", p->session }, { "author", p->author },
		{ "createdAt", created }, { "endedAt", ended }, { "merged", p->merged_as },
		{ "body", p->body } };

	for (size_t i = 0; i < COUNT_OF(fields); i++)
		kv_set(&r->kv, fields[i].key, fields[i].value);
	return write_file(&r->kv, l, p->number, "pull");
}

struct err *pull_lock(struct lock *lock, const struct local *l, int number)
{
	AUTO(str_release) char *record = local_path(l, number, "pull");
	AUTO(str_release) char *path = local_path(l, number, "lock");

	if (!path_exists(record))
		return fail(ERR_MISSING, "no pull request #%d: 'ao pr ls' lists them", number);
	return lock_take(lock, path, PULL_WAIT_MS);
}

struct err *keep_head(const struct local *l, const struct pull *p)
{
	AUTO(str_release) char *ref = str_format("refs/ao/pull/%d/head", p->number);
	AUTO(run_result_release) struct run_result r = { 0 };
	char *const *args = ARGV("update-ref", "--no-deref", ref, p->head);

	TRY(git_ref(&r, &(struct git){ .git_dir = l->common }, ref, args));
	return r.code ? git_failed(&r, args) : NULL;
}
