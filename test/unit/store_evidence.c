/* What a session's reports come down to, in their order. */
#include "base/clock.h"
#include "store/evidence.h"
#include "kit.h"

struct told {
	const char *kinds; /* in order, a second apart */
	enum activity says;
	bool open; /* is a turn open after them? */
};

static const struct told cases[] = {
	{ "start prompt tool", ACTIVITY_ACTIVE, true },
	{ "prompt tool stop", ACTIVITY_READY, false },
	{ "prompt error", ACTIVITY_BLOCKED, false },
	{ "prompt waiting", ACTIVITY_WAITING_INPUT, true },
	/* Qwen Code: back at its input line, which it says after an error, too */
	{ "prompt error stop", ACTIVITY_BLOCKED, false },
	{ "prompt error stop stop", ACTIVITY_BLOCKED, false },
	{ "prompt stop error", ACTIVITY_BLOCKED, false },
	{ "prompt error stop prompt stop", ACTIVITY_READY, false },
	{ "prompt error tool stop", ACTIVITY_READY, false },
	{ "prompt waiting stop", ACTIVITY_READY, false },
};

static void report(const char *kinds, int64_t from)
{
	AUTO(str_release) char *words = str_dup(kinds);
	char *save = NULL;

	for (char *w = strtok_r(words, " ", &save); w; w = strtok_r(NULL, " ", &save)) {
		struct signal_line s = { .at = from,
			.kind = (enum signal_kind)signal_parse_word(w) };
		ok(signals_append(root, &s));
		from += 1000;
	}
}

/* The lock of one that runs on another machine is free here: only what `run` says tells them apart. */
static void test_runs_elsewhere(void **state)
{
	static const struct {
		const char *run; /* NULL: there is none; "/": it cannot be read */
		enum tri alive;
	} rows[] = {
		{ NULL, TRI_NO },
		{ "host=elsewhere\nbootId=1\n", TRI_UNKNOWN },
		{ "/", TRI_UNKNOWN },
	};
	AUTO(str_release) char *path = at("run");

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		AUTO(run_info_release) struct run_info r = { 0 };

		ok(file_remove(path));
		if (str_equal(rows[i].run, "/"))
			ok(file_make_dirs(path));
		else if (rows[i].run)
			put_text("run", rows[i].run);
		run_read(&r, root);
		assert_int_equal(r.alive, rows[i].alive);
	}
}

static void test_reports(void **state)
{
	AUTO(str_release) char *path = at("signals");
	int64_t now = clock_wall();

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct facts f = { 0 };
		AUTO(evidence_release) struct evidence e = { 0 };
		struct session s = { 0 };
		int hooks = 0;

		ok(file_remove(path));
		report(cases[i].kinds, now - 60000);
		evidence_read(&f, &e, &s, root, NULL);
		for (int k = 0; k < f.n; k++) {
			if (f.v[k].source != SOURCE_HOOK)
				continue;
			hooks++;
			if (f.v[k].says != cases[i].says)
				fail_msg(
					"'%s' says %s", cases[i].kinds, activity_word(f.v[k].says));
		}
		assert_int_equal(hooks, 1);
		if ((f.turn_open_at != 0) != cases[i].open)
			fail_msg("'%s': turn open at %lld", cases[i].kinds,
				(long long)f.turn_open_at);
		assert_true(f.has_hooks && f.sign_of_life);
		facts_release(&f);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_runs_elsewhere),
		TEST(test_reports),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
