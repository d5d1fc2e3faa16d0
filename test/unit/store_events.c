/* The log: a number for each line, no gap, no double, whatever crashed in between. And the outbox. */
#include <signal.h>

#include "base/clock.h"
#include "base/stop.h"
#include "store/events.h"
#include "store/outbox.h"
#include "kit.h"

static struct store st;

static int setup(void **state)
{
	kit_setup(state);
	st = (struct store){ .dir = root };
	return 0;
}

static void add(const char *type)
{
	ok(events_append(&st, "fe-1", type, 1000, NULL));
}

static struct events_report verify(void)
{
	struct events_report r;

	ok(events_verify(&r, &st));
	return r;
}

static void is_sound(long lines)
{
	struct events_report r = verify();

	if (r.lines != lines || r.gaps || r.doubles || r.broken || r.torn)
		fail_msg("%ld lines, %ld gaps, %ld doubles, %ld broken, torn %d", r.lines, r.gaps,
			r.doubles, r.broken, r.torn);
}

static void test_line(void **state)
{
	(void)state;
	is_sound(0);
	unsetenv("AO_SESSION");
	add("spawned");
	setenv("AO_SESSION", "fe-7", 1);
	ok(events_append(&st, NULL, "status", 2000,
		json_pack("{s:s, s:s}", "to", "x\ny", "type", "forged")));
	unsetenv("AO_SESSION");
	holds("events.jsonl",
		"{\"seq\":1,\"time\":\"1970-01-01T00:00:01.000Z\",\"session\":\"fe-1\",\"actor\":"
		"\"user\",\"type\":\"spawned\"}\n"
		"{\"seq\":2,\"time\":\"1970-01-01T00:00:02.000Z\",\"session\":null,\"actor\":\"fe-"
		"7\",\"type\":\"status\","
		"\"to\":\"x\\ny\"}\n");
	is_sound(2);
}

/* A crash tore the last line at any byte: the next writer goes on with a whole one. */
static void test_torn(void **state)
{
	AUTO(str_release) char *text = NULL;
	size_t two;

	(void)state;
	add("one");
	add("two");
	add("three");
	text = get("events.jsonl");
	two = (size_t)(strchr(strchr(text, '\n') + 1, '\n') + 1 - text);
	for (size_t n = two; n < strlen(text); n++) {
		put("events.jsonl", text, n);
		assert_int_equal(verify().torn, n > two);
		add("again");
		is_sound(3);
	}
	for (size_t n = 0; n < 30; n++) { /* the very first line */
		put("events.jsonl", text, n);
		add("again");
		is_sound(1);
	}
}

/* Lines longer than what is read of the tail: as the last one, whole or torn. */
static void test_long_lines(void **state)
{
	AUTO(buf_release) struct buf big = { 0 };
	AUTO(str_release) char *path = at("events.jsonl");

	(void)state;
	while (big.n < 200000)
		buf_adds(&big, "0123456789");
	add("one");
	ok(events_append(&st, NULL, "big", 0, json_pack("{s:s}", "text", big.s)));
	add("three");
	is_sound(3);
	ok(events_append(&st, NULL, "big", 0, json_pack("{s:s}", "text", big.s)));
	ok(file_append(path, big.s, big.n, FILE_VOLATILE));
	assert_true(verify().torn);
	add("five");
	is_sound(5);
}

static void test_verify_finds(void **state)
{
	struct events_report r;

	(void)state;
	put_text("events.jsonl", "{\"seq\":1}\n{\"seq\":2}\n{\"seq\":4}\n");
	assert_int_equal(verify().gaps, 1);
	put_text("events.jsonl", "{\"seq\":1}\n{\"seq\":1}\n{\"seq\":2}\n");
	assert_int_equal(verify().doubles, 1);
	put_text("events.jsonl", "{\"seq\":3}\n{\"seq\":4}\n"); /* the beginning is gone */
	assert_int_equal(verify().gaps, 1);
	put_text("events.jsonl",
		"{\"seq\":1}\nnonsense\n[1]\n{\"seq\":\"2\"}\n{\"seq\":2}\n{\"seq\":3}");
	r = verify();
	assert_true(r.broken == 3 && r.lines == 5 && r.torn && !r.gaps && !r.doubles);
}

/* Lines that are none of ours at the end do not make the count begin anew. */
static void test_foreign_lines(void **state)
{
	AUTO(str_release) char *path = at("events.jsonl");
	struct events_report r;

	(void)state;
	add("one");
	add("two");
	for (int i = 0; i < 3000; i++)
		ok(file_append(
			path, "# somebody was here, and here, and here\n", 40, FILE_VOLATILE));
	add("three");
	r = verify();
	assert_true(r.broken == 3000 && !r.gaps && !r.doubles);
}

static void fill_up(void)
{
	AUTO(buf_release) struct buf b = { 0 };

	for (int seq = 1; b.n < 8 << 20; seq++)
		buf_addf(&b, "{\"seq\":%d,\"session\":\"fe-1\",\"pad\":\"%01000d\"}\n", seq, 0);
	put("events.jsonl", b.s, b.n);
}

static void count(void *arg, json_t *event, const char *line)
{
	(void)line;
	assert_non_null(event);
	++*(long *)arg;
}

static void test_rotation(void **state)
{
	AUTO(str_release) char *aside = at("events-000000000001.jsonl");
	AUTO(str_release) char *path = at("events.jsonl");
	AUTO(buf_release) struct buf b = { 0 };
	long before, all = 0, others = 0;

	(void)state;
	fill_up();
	before = verify().lines;
	add("next");
	assert_true(path_exists(aside));
	is_sound(before + 1);
	ok(events_read(&st, "fe-1", count, &all));
	ok(events_read(&st, "fe-2", count, &others));
	assert_int_equal(all, before + 1);
	assert_int_equal(others, 0);
	/* killed between putting the full file aside and the first line of the new one */
	ok(file_remove(path));
	add("next");
	is_sound(before + 1);
	/* the same, with a torn first line */
	put_text("events.jsonl", "{\"seq\":");
	add("next");
	is_sound(before + 1);
	/* a name that is taken: nothing is replaced */
	ok(file_remove(path));
	ok(file_remove(aside));
	put_text("events-000000000001.jsonl", "");
	fill_up();
	add("next");
	ok(file_read(&b, aside, 10));
	assert_int_equal(b.n, 0);
	is_sound(before + 1);
}

/* What comes between the old lines and the new ones, and around the moment in which the file is put
 * aside: the reader itself is who writes then. */
struct follower {
	long lines, last, written, enough;
};

static void write_on(void *arg, json_t *event, const char *line)
{
	struct follower *f = arg;

	(void)line;
	f->lines++;
	f->last = (long)json_integer_value(json_object_get(event, "seq"));
	if (f->last < f->written)
		return;
	for (int i = 0; i < 2 && f->written < f->enough; i++, f->written++)
		add("written meanwhile");
	if (f->last == f->written)
		raise(SIGINT);
}

static void test_follow(void **state)
{
	AUTO(str_release) char *aside = at("events-000000000001.jsonl");
	AUTO(buf_release) struct buf b = { 0 };
	struct follower f = { 0 };

	(void)state;
	stop_install();
	alarm(60);
	for (; b.n < (8 << 20) - 2000; f.written++)
		buf_addf(&b, "{\"seq\":%ld,\"session\":\"fe-1\",\"pad\":\"%01000d\"}\n",
			f.written + 1, 0);
	put("events.jsonl", b.s, b.n);
	f.enough = f.written + 60;
	not_ok(events_follow(&st, NULL, write_on, &f), ERR_INTERRUPTED, "interrupted");
	alarm(0);
	stop_forget();
	assert_true(path_exists(aside));
	assert_int_equal(f.lines, f.last);
	assert_int_equal(f.last, f.written);
}

static void test_appenders(void **state)
{
	enum { WRITERS = 4, EACH = 200 };
	pid_t pids[WRITERS];

	(void)state;
	for (int i = 0; i < WRITERS; i++) {
		pids[i] = child_of();
		if (pids[i])
			continue;
		for (int k = 0; k < EACH; k++) {
			AUTO(err_release)
			struct err *e = events_append(
				&st, NULL, "race", 0, json_pack("{s:i, s:i}", "who", i, "n", k));
			if (e)
				_exit(1);
		}
		_exit(0);
	}
	for (int i = 0; i < WRITERS; i++)
		assert_int_equal(ended(pids[i]), 0);
	is_sound(WRITERS * EACH);
}

static void test_not_utf8(void **state)
{
	(void)state;
	/* a text that is none costs its field, never the line or its number */
	ok(events_append(&st, "\xff", "x", 1000, NULL));
	add("one");
	is_sound(2);
}

/* ---- outbox ---------------------------------------------------------------------------------- */

static struct message message(const char *text)
{
	struct message m = { .state = MESSAGE_QUEUED };

	m.from = str_dup("user");
	buf_adds(&m.text, text);
	return m;
}

static void send_one(const char *text)
{
	AUTO(message_release) struct message m = message(text);

	ok(outbox_add(&st, "fe-1", &m));
}

static int open_outbox(void **state)
{
	AUTO(str_release) char *dir = NULL;

	setup(state);
	dir = at("fe-1");
	ok(file_make_dirs(dir));
	return 0;
}

static void test_outbox(void **state)
{
	static const char odd[] = "\n\nfrom=evil\n\n\0 -x;\r\n";
	AUTO(messages_release) struct messages none = { 0 }, all = { 0 };
	AUTO(message_release) struct message m = { .state = MESSAGE_TYPING, .mark = 5000 };

	(void)state;
	ok(outbox_read(&none, &st, "fe-1", false));
	assert_int_equal(none.list.n, 0);
	m.from = str_dup("reaction\nstate=accepted");
	m.note = str_dup("a\\b");
	m.reaction = str_dup("ci-failed");
	m.items = str_dup("abc:1 d");
	m.attempt = 2;
	buf_add(&m.text, odd, sizeof(odd) - 1);
	ok(outbox_add(&st, "fe-1", &m));
	assert_int_equal(m.number, 1);
	ok(outbox_read(&all, &st, "fe-1", false));
	assert_int_equal(all.list.n, 1);
	assert_int_equal(all.list.v[0].state, MESSAGE_TYPING);
	assert_string_equal(all.list.v[0].from, "reaction\nstate=accepted");
	assert_string_equal(all.list.v[0].note, "a\\b");
	assert_string_equal(all.list.v[0].kind, "message");
	assert_int_equal(all.list.v[0].mark, 5000);
	assert_string_equal(all.list.v[0].reaction, "ci-failed");
	assert_string_equal(all.list.v[0].items, "abc:1 d");
	assert_int_equal(all.list.v[0].attempt, 2);
	assert_int_equal(outbox_last(&st, "fe-1"), 1);
	messages_release(&none);
	ok(outbox_read_above(&none, &st, "fe-1", 0));
	assert_int_equal(none.list.n, 1);
	messages_release(&none);
	ok(outbox_read_above(&none, &st, "fe-1", 1));
	assert_int_equal(none.list.n, 0);
	assert_true(all.list.v[0].made_at > 0);
	assert_int_equal(all.list.v[0].text.n, sizeof(odd) - 1);
	assert_memory_equal(all.list.v[0].text.s, odd, sizeof(odd) - 1);
}

static void test_outbox_states(void **state)
{
	int live = 0;

	(void)state;
	for (int i = 0; i < MESSAGE_STATE_COUNT; i++) {
		AUTO(message_release) struct message m = message("x");
		AUTO(messages_release) struct messages got = { 0 };
		ok(outbox_add(&st, "fe-1", &m));
		assert_int_equal(m.number, i + 1);
		m.state = (enum message_state)i;
		ok(outbox_save(&st, "fe-1", &m));
		live += i == MESSAGE_QUEUED || i == MESSAGE_TYPING || i == MESSAGE_SUBMITTED;
		ok(outbox_read(&got, &st, "fe-1", true));
		assert_int_equal(got.list.n, live);
	}
}

/* A copy that an editor or a person left is no message: it would be typed a second time. */
static void test_outbox_copies(void **state)
{
	AUTO(messages_release) struct messages got = { 0 };
	AUTO(str_release) char *text = NULL;
	static const char *const copies[] = { "0001~", "0001.bak", ".0001.new", "1x", "-1",
		"99999999999" };

	(void)state;
	send_one("x");
	text = get("fe-1/outbox/0001");
	for (size_t i = 0; i < COUNT_OF(copies); i++) {
		AUTO(str_release) char *name = str_format("fe-1/outbox/%s", copies[i]);
		put_text(name, text);
	}
	put_text("fe-1/outbox/0007", "torn");
	ok(outbox_read(&got, &st, "fe-1", false));
	assert_int_equal(got.list.n, 1);
	send_one("y");
	AUTO(str_release) char *next = get("fe-1/outbox/0008");
	assert_non_null(strstr(next, "\n\ny"));
}

static void test_outbox_adders(void **state)
{
	enum { EACH = 60 };
	AUTO(messages_release) struct messages got = { 0 };
	int next[2] = { 0, 0 };
	pid_t pids[2];

	(void)state;
	for (int i = 0; i < 2; i++) {
		pids[i] = child_of();
		if (pids[i])
			continue;
		for (int k = 0; k < EACH; k++) {
			AUTO(str_release) char *text = str_format("%d %d", i, k);
			AUTO(message_release) struct message m = message(text);
			AUTO(err_release) struct err *e = outbox_add(&st, "fe-1", &m);
			if (e)
				_exit(1);
		}
		_exit(0);
	}
	assert_int_equal(ended(pids[0]), 0);
	assert_int_equal(ended(pids[1]), 0);
	ok(outbox_read(&got, &st, "fe-1", true));
	assert_int_equal(got.list.n, 2 * EACH);
	for (size_t i = 0; i < got.list.n; i++) {
		int who = -1, k = -1;
		assert_int_equal(sscanf(got.list.v[i].text.s, "%d %d", &who, &k), 2);
		assert_int_equal(got.list.v[i].number, i + 1);
		assert_int_equal(k, next[who]++); /* each sender's own order */
	}
}

#define EVENTS(f) cmocka_unit_test_setup_teardown(f, setup, kit_teardown)
#define OUTBOX(f) cmocka_unit_test_setup_teardown(f, open_outbox, kit_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		EVENTS(test_line),
		EVENTS(test_torn),
		EVENTS(test_long_lines),
		EVENTS(test_verify_finds),
		EVENTS(test_foreign_lines),
		EVENTS(test_rotation),
		EVENTS(test_follow),
		EVENTS(test_appenders),
		EVENTS(test_not_utf8),
		OUTBOX(test_outbox),
		OUTBOX(test_outbox_states),
		OUTBOX(test_outbox_copies),
		OUTBOX(test_outbox_adders),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
