/*
 * The corpus. What real agents wrote, as it came: what their hooks reported and their transcripts held
 * (test/agents/streams), replayed up to each point at which somebody looked at the screen and wrote down what the
 * agent did; the captured screens with their titles (test/agents/screens) in the place of those; and what
 * opencode answered (test/agents/answers). And the mutation: without any one kind of evidence some of it is told
 * wrongly. test/agents/real/record.bats records more.
 */
#include <glob.h>
#include <jansson.h>
#include <locale.h>

#include "base/clock.h"
#include "op/hook_input.h"
#include "op/sense.h"
#include "plugin/opencode.h"
#include "rule/activity_of.h"
#include "rule/status_of.h"
#include "store/agent_files.h"
#include "kit.h"

enum { RECORDED = 299, MARKED = 2 };

struct tally {
	enum source without; /* SOURCE_COUNT: all evidence counts */
	int right, wrong;
	int looks, screens, answers, ends;
	int again, unknown; /* a screen that a look has, too; told as unknown, as it is marked */
	struct buf first;   /* what was told wrongly, the first of it */
};

static void tally_release(struct tally *t)
{
	buf_release(&t->first);
}

static void drop(struct facts *f, enum source source)
{
	int kept = 0;

	for (int i = 0; i < f->n; i++) {
		if (f->v[i].source == source)
			str_release(&f->v[i].detail);
		else
			f->v[kept++] = f->v[i];
	}
	f->n = kept;
}

static void judge(struct tally *t, struct facts *f, const char *where, const char *truth)
{
	struct verdict v;
	const char *word;

	drop(f, t->without);
	v = activity_of(f);
	word = activity_word(v.activity);
	if (str_equal(word, "idle"))
		word = "ready";
	if (str_equal(word, truth)) {
		t->right++;
		return;
	}
	t->wrong++;
	if (t->first.n < 1000)
		buf_addf(&t->first, "%s: %s (%s), not %s\n", where, word, v.why, truth);
}

/* ---- streams ----------------------------------------------------------------------------------- */

struct replay {
	struct tally *tally;
	const char *name;
	struct agent agent;
	struct session session;
	struct lock alive; /* run.lock, as its ao-run would hold it */
	char *folder;
	char *transcript; /* which is written now */
	int n;
};

static void replay_release(struct replay *r)
{
	agent_release(&r->agent);
	session_release(&r->session);
	lock_release(&r->alive);
	str_release(&r->folder);
	str_release(&r->transcript);
}

static void set_now(int64_t at)
{
	AUTO(str_release) char *text = str_format("%lld", (long long)at);

	setenv("AO_TEST_NOW", text, 1);
}

/* Of all that it was started or restored: what came before that counts no more. */
static void begin(struct replay *r, int64_t when)
{
	AUTO(str_release) char *iso = clock_iso_ms(when - 1000);
	AUTO(str_release)
	char *run = str_format("supervisor=1\npid=%d\nstartedAt=%s\nprocess=%s\n", (int)getpid(),
		iso, r->agent.process);
	AUTO(str_release) char *lock = NULL;

	put_text("fe-1/run", run);
	if (r->session.id)
		return;
	lock = path_join(r->folder, "run.lock");
	ok(lock_take(&r->alive, lock, 0));
	str_set(&r->session.id, "fe-1");
	str_set(&r->session.worktree, "/home/ann/wt");
}

/* The one of that name, here. */
static void turn_to(struct replay *r, const char *path)
{
	AUTO(str_release) char *here = str_format("transcript-%s", strrchr(path, '/') + 1);

	str_release(&r->transcript);
	r->transcript = path_join(r->folder, here);
}

static void hear(struct replay *r, const json_t *event, const char *word, int64_t at)
{
	AUTO(conversation_release) struct conversation told = { 0 };
	json_t *in = json_object_get(event, "in");
	const char *path = json_string_value(json_object_get(in, "transcript_path"));
	struct signal_line s = { .source = "hook", .pid = getpid(), .at = at };
	AUTO(str_release) char *text = NULL;
	AUTO(str_release) char *words = NULL;

	assert_true(signal_parse_word(word) >= 0);
	s.kind = (enum signal_kind)signal_parse_word(word);
	if (path)
		turn_to(r, path);
	json_object_set_new(in, "transcript_path", json_string(r->transcript));
	text = json_dumps(in, JSON_COMPACT);
	hook_input(&s, &words, &told, text, strlen(text));
	ok(conversation_note(r->folder, s.at, told.id, told.path));
	ok(signals_append(r->folder, &s));
}

static void slurp(struct buf *b, const char *agent, const char *name, const char *ending)
{
	AUTO(str_release)
	char *path = str_format("test/agents/screens/%s/%s.%s", agent, name, ending);

	ok(file_read(b, path, 1 << 20));
	buf_trim(b);
}

/* The captured screen of that name, and its title. */
static void see(struct facts *f, const struct evidence *in, const struct agent *a, const char *name,
	int64_t output_at)
{
	AUTO(buf_release) struct buf screen = { 0 };
	AUTO(buf_release) struct buf title = { 0 };
	struct runtime_fact seen = { .exists = TRI_YES, .output_at = output_at };

	slurp(&screen, a->name, name, "ansi");
	slurp(&title, a->name, name, "title");
	seen.screen = screen.s;
	seen.title = title.s;
	sense_terminal(f, in, a, &seen);
}

/* Its terminal is looked at where reports and records leave it open, as ao does. */
static void look(struct replay *r, const char *truth, const char *screen, const json_t *event)
{
	int64_t at = json_integer_value(json_object_get(event, "at"));
	int64_t output_at = json_integer_value(json_object_get(event, "output"));
	AUTO(evidence_release) struct evidence in = { 0 };
	AUTO(facts_release) struct facts f = { 0 };
	AUTO(str_release)
	char *where = str_format(
		"%s, look %d (%s)", r->name, ++r->n, screen ? screen : "at no screen");

	set_now(at);
	evidence_read(&f, &in, &r->session, r->folder, NULL);
	sense_transcript(&f, NULL, &in, &r->session, r->folder, &r->agent);
	if (screen && needs_terminal(&f))
		see(&f, &in, &r->agent, screen, output_at ? output_at : at - 1000);
	r->tally->looks++;
	r->tally->again += screen != NULL;
	judge(r->tally, &f, where, truth);
}

static void append(const char *path, const char *line)
{
	ok(file_append(path, line, strlen(line), FILE_VOLATILE));
	ok(file_append(path, "\n", 1, FILE_VOLATILE));
}

static const char *text_of(const json_t *event, const char *key)
{
	return json_string_value(json_object_get(event, key));
}

static void take(struct replay *r, const json_t *event)
{
	int64_t at = json_integer_value(json_object_get(event, "at"));
	const char *hook = text_of(event, "hook"), *file = text_of(event, "file");
	const char *line = text_of(event, "line"), *truth = text_of(event, "truth");

	if ((at && !r->session.id) || json_is_true(json_object_get(event, "restart")))
		begin(r, at);
	if (file)
		turn_to(r, file);
	if (hook)
		hear(r, event, hook, at);
	if (line)
		append(r->transcript, line);
	if (truth)
		look(r, truth, text_of(event, "screen"), event);
}

static void end_of(struct replay *r)
{
	AUTO(evidence_release) struct evidence in = { 0 };
	AUTO(facts_release) struct facts f = { 0 };

	lock_release(&r->alive);
	put_text("fe-1/exit", "code=0\nsignal=9\nendedAt=2026-11-22T18:00:00.000Z\n");
	evidence_read(&f, &in, &r->session, r->folder, NULL);
	r->tally->ends++;
	judge(r->tally, &f, r->name, "exited");
}

static void replay(struct tally *t, const char *name)
{
	AUTO(replay_release) struct replay r = { .tally = t, .name = name };
	AUTO(str_release) char *path = str_format("test/agents/streams/%s.jsonl", name);
	AUTO(buf_release) struct buf text = { 0 };
	char *save = NULL;

	r.folder = at("fe-1");
	ok(file_remove_tree(r.folder));
	ok(file_make_dirs(r.folder));
	ok(agent_load(&r.agent, NULL, name));
	ok(file_read(&text, path, 4 << 20));
	for (char *line = strtok_r(text.s, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		json_t *event = json_loads(line, 0, NULL);
		assert_non_null(event);
		take(&r, event);
		json_decref(event);
	}
	end_of(&r);
	unsetenv("AO_TEST_NOW");
}

static void replay_all(struct tally *t)
{
	glob_t found;

	assert_int_equal(glob("test/agents/streams/*.jsonl", 0, NULL, &found), 0);
	for (size_t i = 0; i < found.gl_pathc; i++) {
		AUTO(str_release) char *name = str_dup(strrchr(found.gl_pathv[i], '/') + 1);
		*strrchr(name, '.') = '\0';
		replay(t, name);
	}
	globfree(&found);
}

/* ---- screens ----------------------------------------------------------------------------------- */

/* It has written nothing for long, or just now: what is still looks ready to whoever sees no more of it. */
static void show(struct tally *t, const char *agent, const char *name, const char *truth)
{
	AUTO(agent_release) struct agent a = { 0 };
	AUTO(facts_release)
	struct facts f = { .now = 1800000000000, .started_at = 1, .runtime = TRI_YES };
	AUTO(str_release) char *where = str_format("%s/%s", agent, name);
	AUTO(str_release) char *state = str_ndup(truth, strcspn(truth, "+"));
	struct evidence in = { .run = { 0 } };

	/* drawn like a turn that was interrupted: only its live status tells */
	if (str_equal(where, "opencode/error_final"))
		return;
	ok(agent_load(&a, NULL, agent));
	see(&f, &in, &a, name, f.now - (str_equal(state, "active") ? 1000 : 60000));
	t->screens++;
	judge(t, &f, where, state);
}

static void show_all(struct tally *t)
{
	AUTO(buf_release) struct buf table = { 0 };
	char *save = NULL, agent[64], name[64], truth[64];

	ok(file_read(&table, "test/agents/screens/STATES.tsv", 1 << 16));
	for (char *line = strtok_r(table.s, "\n", &save); line;
		line = strtok_r(NULL, "\n", &save)) {
		char mark[16] = "";
		assert_true(sscanf(line, "%63s %63s %63s %15s", agent, name, truth, mark) >= 3);
		t->unknown += str_starts(mark, "unknown");
		show(t, agent, name, str_starts(mark, "unknown") ? "unknown" : truth);
	}
}

/* ---- a live status ----------------------------------------------------------------------------- */

/* What opencode answered, that long after the newest of it. */
static void ask(struct tally *t, const char *name, const char *truth, int later)
{
	AUTO(str_release) char *path = str_format("test/agents/answers/opencode/%s.json", name);
	AUTO(channel_fact_release) struct channel_fact said = { 0 };
	AUTO(facts_release) struct facts f = { .runtime = TRI_YES };
	struct evidence in = { .run = { 0 } };
	json_t *o = json_load_file(path, 0, NULL);
	struct opencode_said all = { json_object_get(o, "sessions"), json_object_get(o, "status"),
		json_object_get(o, "permissions"), json_object_get(o, "questions"),
		json_object_get(o, "messages") };
	struct channel_ref ref = { .since = 1 };

	assert_non_null(o);
	ref.worktree = (char *)json_string_value(
		json_object_get(json_array_get(all.sessions, 0), "directory"));
	f.now = 1795365902607 + later;
	opencode_read(&said, &all, opencode_choose(all.sessions, &ref), f.now);
	sense_channel(&f, NULL, &in, "/nowhere", channel_named("opencode"), &said);
	t->answers++;
	judge(t, &f, path, truth);
	json_decref(o);
}

static void ask_all(struct tally *t)
{
	AUTO(buf_release) struct buf table = { 0 };
	char *save = NULL, name[64], truth[64];
	int later;

	ok(file_read(&table, "test/agents/answers/opencode/STATES.tsv", 1 << 16));
	for (char *line = strtok_r(table.s, "\n", &save); line;
		line = strtok_r(NULL, "\n", &save)) {
		assert_int_equal(sscanf(line, "%63s %63s %d", name, truth, &later), 3);
		ask(t, name, truth, later);
	}
}

/* ---- the tests --------------------------------------------------------------------------------- */

static void all(struct tally *t)
{
	replay_all(t);
	show_all(t);
	ask_all(t);
}

static void test_all_right(void **state)
{
	AUTO(tally_release) struct tally t = { .without = SOURCE_COUNT };
	int n;

	(void)state;
	all(&t);
	if (t.wrong)
		fail_msg("%d of %d are told wrongly: %s", t.wrong, t.wrong + t.right, t.first.s);
	/* a screen that a look has, too, is one situation with it */
	n = t.looks + t.screens + t.answers + t.ends - t.again;
	if (n < RECORDED || t.unknown > MARKED)
		fail_msg("%d situations, %d marked as unknown", n, t.unknown);
}

static void test_each_source_counts(void **state)
{
	(void)state;
	for (int i = 0; i < SOURCE_COUNT; i++) {
		AUTO(tally_release) struct tally t = { .without = (enum source)i };
		all(&t);
		if (!t.wrong)
			fail_msg("without '%s' nothing is told wrongly",
				source_word((enum source)i));
	}
}

/* What a live status does not tell, since when, stays as it was reported. */
static void test_live_keeps_reports(void **state)
{
	static const struct {
		enum activity says;
		int64_t turn, waiting;
	} cases[] = {
		{ ACTIVITY_WAITING_INPUT, 5, 7 },
		{ ACTIVITY_ACTIVE, 5, 0 },
		{ ACTIVITY_UNKNOWN, 5, 7 },
		{ ACTIVITY_READY, 0, 0 },
		{ ACTIVITY_BLOCKED, 0, 0 },
	};
	struct evidence in = { .run = { 0 } };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		AUTO(facts_release)
		struct facts f = { .now = 1800000000000,
			.has_hooks = true,
			.turn_open_at = 5,
			.waiting_since = 7 };
		struct channel_fact told = { .answered = true, .says = cases[i].says };
		sense_channel(&f, NULL, &in, root, channel_named("codex"), &told);
		assert_int_equal(f.turn_open_at, cases[i].turn);
		assert_int_equal(f.waiting_since, cases[i].waiting);
		assert_false(f.live_whole);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_all_right),
		TEST(test_each_source_counts),
		TEST(test_live_keeps_reports),
	};

	setlocale(LC_CTYPE, "C.UTF-8");
	setenv("AO_SHARE", "share", 1);
	setenv("XDG_CONFIG_HOME", "/nowhere", 1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
