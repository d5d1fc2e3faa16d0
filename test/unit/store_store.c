/* The namespace's folder: ids that are given out once, hints, whose it is, older records. */
#include <dirent.h>
#include <fcntl.h>

#include "base/clock.h"
#include "store/store.h"
#include "kit.h"

static struct sink ear;
static char heard[1000];

static void hear(struct sink *s, enum sink_kind kind, const char *line)
{
	(void)s;
	(void)kind;
	snprintf(heard, sizeof(heard), "%s", line);
}

/* Enough of a config for the store. */
static void open_as(struct store *st, const char *file, bool make, struct err **e)
{
	struct config c = { .name = (char *)(uintptr_t) "ns" };
	struct err *got;

	c.data_dir = root;
	c.file = (char *)(uintptr_t)file;
	ear.say = hear;
	heard[0] = '\0';
	got = store_open(st, &c, &ear, make);
	if (e)
		*e = got;
	else
		ok(got);
}

static void open_store(struct store *st)
{
	AUTO(str_release) char *file = at("config.yaml");

	put_text("config.yaml", "");
	open_as(st, file, true, NULL);
}

static bool none_taken(void *arg, const char *id)
{
	(void)arg;
	(void)id;
	return false;
}

static char *reserve(const struct store *st, const char *prefix)
{
	char *id = NULL;

	ok(store_reserve(&id, st, prefix, none_taken, NULL));
	return id;
}

static void save_new(const struct store *st, const char *id, const char *status)
{
	AUTO(session_release) struct session s = { 0 };

	str_set(&s.id, id);
	str_set(&s.status, status);
	ok(store_save(st, &s));
}

static void ids_are(const struct store *st, bool live_only, const char *want)
{
	AUTO(strv_release) struct strv ids = { 0 };
	AUTO(buf_release) struct buf b = { 0 };

	ok(store_ids(&ids, st, live_only));
	STRV_EACH(id, &ids)
		buf_addf(&b, "%s ", *id);
	assert_string_equal(buf_text(&b), want);
}

static void test_reserve(void **state)
{
	AUTO(store_release) struct store st = { 0 };
	AUTO(str_release) char *one = NULL, *two = NULL, *three = NULL, *other = NULL, *four = NULL;
	AUTO(str_release) char *path = NULL;

	(void)state;
	open_store(&st);
	one = reserve(&st, "fe");
	two = reserve(&st, "fe");
	other = reserve(&st, "f");
	assert_string_equal(one, "fe-1");
	assert_string_equal(two, "fe-2");
	assert_string_equal(other, "f-1");
	/* never used again, also when its folder is gone */
	path = store_folder(&st, "fe-2");
	ok(file_remove_tree(path));
	three = reserve(&st, "fe");
	assert_string_equal(three, "fe-3");
	/* nor when the hint is gone, or nonsense */
	put_text("sessions/ns/.next", "fe=99999999999999999999\nbroken\n");
	four = reserve(&st, "fe");
	assert_string_equal(four, "fe-4");
	put_text("sessions/ns/fe-17", "status=working\n"); /* an older record */
	put_text("sessions/ns/.next", "");
	AUTO(str_release) char *next = reserve(&st, "fe");
	assert_string_equal(next, "fe-18");
	put_text("sessions/ns/.next", "fe=999999999\n");
	not_ok(store_reserve(&path, &st, "fe", none_taken, NULL), ERR_FAILED, "no free number");
}

static bool low_numbers_taken(void *arg, const char *id)
{
	int *asked = arg;

	++*asked;
	return strcmp(id, "fe-1") == 0 || strcmp(id, "fe-2") == 0;
}

static void test_burnt(void **state)
{
	AUTO(store_release) struct store st = { 0 };
	AUTO(str_release) char *id = NULL;
	AUTO(str_release) char *next = NULL;
	int asked = 0;

	(void)state;
	open_store(&st);
	ok(store_reserve(&id, &st, "fe", low_numbers_taken, &asked));
	assert_string_equal(id, "fe-3");
	assert_int_equal(asked, 3);
	ids_are(&st, false, "fe-3 ");
	next = reserve(&st, "fe");
	assert_string_equal(next, "fe-4");
}

/* 8 processes at once, 200 numbers each: mkdir with "must not exist" would fail on the first double. */
static void test_reserve_race(void **state)
{
	enum { RACERS = 8, EACH = 200 };
	AUTO(store_release) struct store st = { 0 };
	AUTO(strv_release) struct strv ids = { 0 };
	pid_t pids[RACERS];

	(void)state;
	open_store(&st);
	for (int i = 0; i < RACERS; i++) {
		pids[i] = child_of();
		if (pids[i])
			continue;
		for (int k = 0; k < EACH; k++) {
			char *id = NULL;
			AUTO(str_release) char *claim = NULL;
			AUTO(err_release)
			struct err *e = store_reserve(&id, &st, "fe", none_taken, NULL);
			if (e)
				_exit(1);
			claim = str_format("%s/claim-%s", root, id);
			free(id);
			if (mkdir(claim, 0700) < 0)
				_exit(2);
		}
		_exit(0);
	}
	for (int i = 0; i < RACERS; i++)
		assert_int_equal(ended(pids[i]), 0);
	ok(store_ids(&ids, &st, false));
	assert_int_equal(ids.n, RACERS * EACH);
	assert_string_equal(ids.v[0], "fe-1");
	assert_string_equal(ids.v[ids.n - 1], "fe-1600");
}

static void test_closed(void **state)
{
	AUTO(store_release) struct store st = { 0 };

	(void)state;
	open_store(&st);
	for (int i = 1; i <= 11; i++) {
		AUTO(str_release) char *id = reserve(&st, "fe");
		save_new(&st, id, "working");
	}
	ok(store_close(&st, "fe-2"));
	ok(store_close(&st, "fe-2"));
	ok(store_close(&st, "fe-10"));
	holds("sessions/ns/.closed", "fe-2\nfe-10\n");
	ids_are(&st, true, "fe-1 fe-3 fe-4 fe-5 fe-6 fe-7 fe-8 fe-9 fe-11 ");
	ids_are(&st, false, "fe-1 fe-2 fe-3 fe-4 fe-5 fe-6 fe-7 fe-8 fe-9 fe-10 fe-11 ");
	ok(store_reopen(&st, "fe-2"));
	ok(store_reopen(&st, "fe-2"));
	holds("sessions/ns/.closed", "fe-10\n");
	ok(store_reopen(&st, "fe-10"));
	ids_are(&st, true, "fe-1 fe-2 fe-3 fe-4 fe-5 fe-6 fe-7 fe-8 fe-9 fe-10 fe-11 ");
}

static void test_records(void **state)
{
	AUTO(store_release) struct store st = { 0 };
	AUTO(session_release) struct session s = { 0 };
	AUTO(str_release) char *id = NULL;

	(void)state;
	open_store(&st);
	not_ok(store_load(&s, &st, "fe-1"), ERR_MISSING, "make one with: ao spawn");
	id = reserve(&st, "fe");
	not_ok(store_load(&s, &st, "fe-1"), ERR_MISSING, "there are: fe-1"); /* half-made */
	not_ok(store_load(&s, &st, "../fe-1"), ERR_MISSING, "not a session id");
	put_text("sessions/ns/fe-1/metadata", "# hand\nid=fe-1\nbroken\nstatus=working\nodd=1\n");
	ok(store_load(&s, &st, "fe-1"));
	assert_string_equal(heard, "fe-1/metadata, line 3: not key=value (ignored)");
	str_set(&s.branch, "b");
	ok(store_save(&st, &s));
	ok(store_save(&st, &s));
	holds("sessions/ns/fe-1/metadata",
		"# hand\nid=fe-1\nbroken\nstatus=working\nbranch=b\nodd=1\nrev=2\n");
	assert_true(store_exists(&st, "fe-1"));
	assert_false(store_exists(&st, "fe-2"));
	assert_false(store_exists(&st, ".."));
	not_ok(store_load(&s, &st, "fe-9"), ERR_MISSING, "no session 'fe-9' (there are: fe-1)");
	str_set(&s.rev, "9223372036854775807");
	ok(store_save(&st, &s));
	assert_string_equal(s.rev, "9223372036854775807");
}

static void test_lock(void **state)
{
	AUTO(store_release) struct store st = { 0 };
	AUTO(lock_release) struct lock one = { 0 }, two = { 0 };
	AUTO(str_release) char *id = NULL;

	(void)state;
	open_store(&st);
	not_ok(store_lock(&one, &st, "fe-1", 0), ERR_MISSING, "no session");
	not_ok(store_lock(&one, &st, "../x", 0), ERR_MISSING, "no session");
	id = reserve(&st, "fe");
	ok(store_lock(&one, &st, "fe-1", 0));
	not_ok(store_lock(&two, &st, "fe-1", 0), ERR_TIMEOUT, "another command is working on fe-1");
}

/* A plain file of an older ao is read as it is, and becomes a folder at the first write. */
static void test_older_record(void **state)
{
	static const char older[] = "# old\nproject=web\nissue=42\nstatus=working\nextra=1\n";
	AUTO(store_release) struct store st = { 0 };
	AUTO(session_release) struct session s = { 0 };
	AUTO(lock_release) struct lock l = { 0 };
	AUTO(strv_release) struct strv names = { 0 };

	(void)state;
	open_store(&st);
	put_text("sessions/ns/fe-3", older);
	put_text("sessions/ns/fe-4", older);
	put_text("sessions/ns/.new-fe-3/metadata", "what a crash left");
	ids_are(&st, true, "fe-3 fe-4 ");
	ok(store_load(&s, &st, "fe-3"));
	assert_string_equal(s.project, "web");
	holds("sessions/ns/fe-3", older); /* reading changed nothing */
	ok(store_save(&st, &s));
	holds("sessions/ns/fe-3/metadata",
		"# old\nprojectId=web\nissueId=42\nstatus=working\nextra=1\nid=fe-3\nrev=1\n");
	ok(store_lock(&l, &st, "fe-4", 0));
	holds("sessions/ns/fe-4/metadata", older);
	ok(file_list(&names, st.dir));
	assert_false(strv_has(&names, ".new-fe-3") || strv_has(&names, ".new-fe-4"));
}

static void test_origin(void **state)
{
	AUTO(store_release) struct store st = { 0 };
	AUTO(str_release) char *mine = at("mine.yaml");
	AUTO(str_release) char *other = at("other.yaml");
	AUTO(str_release) char *dir = at("sessions");
	struct err *e = NULL;

	(void)state;
	put_text("mine.yaml", "");
	put_text("other.yaml", "");
	open_as(&st, mine, false, NULL); /* a reader makes nothing */
	assert_false(path_exists(dir));
	open_as(&st, mine, true, NULL);
	holds("sessions/ns/.origin", mine);
	assert_string_equal(heard, "");
	open_as(&st, mine, true, NULL);
	open_as(&st, other, true, &e);
	not_ok(e, ERR_CONFIG, "belongs to");
	open_as(&st, other, false, &e);
	not_ok(e, ERR_CONFIG, "belongs to");
	ok(file_remove(mine));
	open_as(&st, other, false, NULL); /* a reader may look, and adopts nothing */
	holds("sessions/ns/.origin", mine);
	open_as(&st, other, true, NULL);
	holds("sessions/ns/.origin", other);
	assert_non_null(strstr(heard, "is now"));
}

/* Two configs of one name come at the same time: one of them is told. */
static void test_origin_race(void **state)
{
	(void)state;
	put_text("c0.yaml", "");
	put_text("c1.yaml", "");
	for (int round = 0; round < 20; round++) {
		AUTO(str_release) char *dir = at("sessions");
		pid_t pids[2];
		ok(file_remove_tree(dir));
		for (int i = 0; i < 2; i++) {
			pids[i] = child_of();
			if (!pids[i]) {
				AUTO(str_release) char *file = str_format("%s/c%d.yaml", root, i);
				struct store st = { 0 };
				struct err *e = NULL;
				open_as(&st, file, true, &e);
				_exit(e ? 5 : 0);
			}
		}
		int a = ended(pids[0]), b = ended(pids[1]);
		assert_int_equal(a + b, 5);
	}
}

/* Of 10,000 records those that are done cost a list nothing but their names. */
static void test_many(void **state)
{
	AUTO(store_release) struct store st = { 0 };
	AUTO(strv_release) struct strv live = { 0 }, all = { 0 };
	AUTO(buf_release) struct buf closed = { 0 };
	int64_t before;

	(void)state;
	open_store(&st);
	for (int i = 1; i <= 10000; i++) {
		AUTO(str_release) char *folder = str_format("%s/fe-%d", st.dir, i);
		assert_int_equal(mkdir(folder, 0700), 0);
		if (i % 200)
			buf_addf(&closed, "fe-%d\n", i);
	}
	put("sessions/ns/.closed", closed.s, closed.n);
	before = clock_mono();
	ok(store_ids(&live, &st, true));
	ok(store_ids(&all, &st, false));
	assert_true(clock_mono() - before < 5000);
	assert_int_equal(live.n, 50);
	assert_string_equal(live.v[0], "fe-200");
	assert_int_equal(all.n, 10000);
	for (int i = 1; i <= 10000; i++)
		assert_int_equal(atoi(all.v[i - 1] + 3), i);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_reserve),
		TEST(test_burnt),
		TEST(test_reserve_race),
		TEST(test_closed),
		TEST(test_records),
		TEST(test_lock),
		TEST(test_older_record),
		TEST(test_origin),
		TEST(test_origin_race),
		TEST(test_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
