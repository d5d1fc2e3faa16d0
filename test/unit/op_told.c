/*
 * What a real Qwen Code wrote to its json-file, beside its hooks' reports and its transcript, in the order in which
 * it was on the disk (test/agents/answers/qwen/events.jsonl: five of six pieces of text are left out). At each instant
 * what is told with the json-file is held against what is told without: never wrong where that is right, and
 * some of it sooner. Alone, it tells the ends and the questions, but not that one was refused.
 */
#include <fcntl.h>
#include <jansson.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "op/sense.h"
#include "rule/activity_of.h"
#include "slot/channel.h"
#include "store/agent_files.h"
#include "store/conversation.h"
#include "kit.h"

enum {
	STATES_MAX = 64,
	EARLY_MS = 5000, /* it begins a turn, or ends one, before the model hears of it */
};

struct replay {
	struct agent agent;
	struct session session;
	struct lock alive; /* run.lock, as its ao-run would hold it */
	char *folder, *transcript;
	struct {
		int64_t at;
		const char *is;
		int64_t with, without, alone; /* since when it was told; 0: never */
	} states[STATES_MAX];                 /* the truth */
	size_t n, now;
	int looks;
};

static void replay_release(struct replay *r)
{
	agent_release(&r->agent);
	session_release(&r->session);
	lock_release(&r->alive);
	str_release(&r->folder);
	str_release(&r->transcript);
}

static void set_now(int64_t now)
{
	AUTO(str_release) char *text = str_format("%lld", (long long)now);

	setenv("AO_TEST_NOW", text, 1);
}

static void begin(struct replay *r, int64_t when)
{
	AUTO(str_release) char *iso = clock_iso_ms(when - 1000);
	AUTO(str_release)
	char *run = str_format(
		"supervisor=1\npid=%d\nstartedAt=%s\nprocess=qwen\n", (int)getpid(), iso);
	AUTO(str_release) char *lock = NULL;

	put_text("fe-1/run", run);
	r->folder = at("fe-1");
	r->transcript = at("fe-1/transcript.jsonl");
	lock = path_join(r->folder, "run.lock");
	ok(lock_take(&r->alive, lock, 0));
	ok(conversation_note(r->folder, when, "c", r->transcript));
	str_set(&r->session.id, "fe-1");
	str_set(&r->session.worktree, "/home/ann/wt");
}

static void add_line(const char *name, const char *line)
{
	AUTO(str_release) char *path = at(name);
	AUTO(str_release) char *whole = str_format("%s\n", line);

	ok(file_append(path, whole, strlen(whole), FILE_VOLATILE));
}

/* A line of its json-file, whose time is the file's. */
static void write_event(const char *line, int64_t ms)
{
	AUTO(str_release) char *path = at("fe-1/agent-events");
	struct timespec when = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000 };

	add_line("fe-1/agent-events", line);
	assert_int_equal(utimensat(AT_FDCWD, path, (struct timespec[]){ when, when }, 0), 0);
}

enum by { ALL, WITHOUT, ALONE };

static const char *told(struct replay *r, enum by by)
{
	AUTO(evidence_release) struct evidence in = { 0 };
	AUTO(facts_release) struct facts f = { 0 };
	AUTO(channel_fact_release) struct channel_fact said = { 0 };
	const struct channel *c = channel_named(r->agent.send.channel);
	struct channel_ref ref = { .folder = r->folder };

	evidence_read(&f, &in, &r->session, r->folder, NULL);
	sense_transcript(&f, NULL, &in, &r->session, r->folder, &r->agent);
	ref.since = f.started_at;
	if (by == ALONE) {
		facts_release(&f);
		f.now = clock_wall();
		f.runtime = TRI_YES;
	}
	if (by != WITHOUT) {
		ok(c->look(&said, &ref, 1));
		sense_channel(&f, NULL, &in, r->folder, c, &said);
	}
	return activity_word(activity_of(&f).activity);
}

/* Or what comes next, not long before. */
static bool is_right(const struct replay *r, const char *word, int64_t when)
{
	const size_t next = r->now + 1;

	return str_equal(word, r->states[r->now].is) ||
		(next < r->n && r->states[next].at - when < EARLY_MS &&
			str_equal(word, r->states[next].is));
}

/* Since when that is told; what was told too early and no more does not count. */
static void note(int64_t *since, const char *word, const char *is, int64_t when, bool early)
{
	if (!str_equal(word, is))
		*since = early ? 0 : *since;
	else if (!*since)
		*since = when;
}

static void look(struct replay *r, int64_t when)
{
	const char *with = told(r, ALL), *without = told(r, WITHOUT);

	if (when < r->states[0].at)
		return;
	r->looks++;
	if (is_right(r, without, when) && !is_right(r, with, when))
		fail_msg("%lld: %s with the json-file, %s without, %s it is", (long long)when, with,
			without, r->states[r->now].is);
	note(&r->states[r->now].alone, told(r, ALONE), r->states[r->now].is, when, false);
	note(&r->states[r->now].with, with, r->states[r->now].is, when, false);
	note(&r->states[r->now].without, without, r->states[r->now].is, when, false);
	if (r->now + 1 == r->n || r->states[r->now + 1].at - when >= EARLY_MS)
		return;
	note(&r->states[r->now + 1].with, with, r->states[r->now + 1].is, when, true);
	note(&r->states[r->now + 1].without, without, r->states[r->now + 1].is, when, true);
}

static void take(struct replay *r, const json_t *event)
{
	int64_t when = json_integer_value(json_object_get(event, "at"));
	const char *signal = json_string_value(json_object_get(event, "signal"));
	const char *record = json_string_value(json_object_get(event, "record"));
	const char *line = json_string_value(json_object_get(event, "line"));

	if (!r->folder)
		begin(r, when);
	set_now(when);
	if (signal)
		add_line("fe-1/signals", signal);
	if (record)
		add_line("fe-1/transcript.jsonl", record);
	if (line)
		write_event(line, json_integer_value(json_object_get(event, "written")));
	while (r->now + 1 < r->n && r->states[r->now + 1].at <= when)
		r->now++;
	look(r, when);
}

static void test_recorded(void **state)
{
	AUTO(replay_release) struct replay r = { 0 };
	AUTO(buf_release) struct buf text = { 0 };
	json_t *events = json_array(), *event;
	int sooner = 0, ends = 0, untold = 0;
	int64_t saved = 0;
	size_t i;
	char *save = NULL;

	(void)state;
	ok(agent_load(&r.agent, NULL, "qwen"));
	ok(file_read(&text, "test/agents/answers/qwen/events.jsonl", 4 << 20));
	for (char *line = strtok_r(text.s, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		event = json_loads(line, 0, NULL);
		assert_non_null(event);
		json_array_append_new(events, event);
	}
	json_array_foreach(events, i, event)
	{
		const char *is = json_string_value(json_object_get(event, "truth"));
		if (!is)
			continue;
		assert_true(r.n < STATES_MAX);
		r.states[r.n].is = is;
		r.states[r.n++].at = json_integer_value(json_object_get(event, "at"));
	}
	json_array_foreach(events, i,
		event) if (!str_equal(json_string_value(json_object_get(event, "truth")), "exited"))
		take(&r, event);
	else break;
	for (i = 0; i < r.n; i++) {
		int64_t with = r.states[i].with, without = r.states[i].without;
		if (with && without && with < without) {
			sooner++;
			saved += without - with;
		}
		if (str_equal(r.states[i].is, "ready"))
			(r.states[i].alone ? &ends : &untold)[0]++;
		else if (!str_equal(r.states[i].is, "active") && i + 1 < r.n)
			assert_true(r.states[i].alone > 0);
	}
	print_message(
		"%d looks; %d of %zu states told sooner, by %lld ms in all; %d ends told alone, %d not\n",
		r.looks, sooner, r.n, (long long)saved, ends, untold);
	assert_true(sooner > 0 && ends > untold);
	json_decref(events);
	unsetenv("AO_TEST_NOW");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_recorded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
