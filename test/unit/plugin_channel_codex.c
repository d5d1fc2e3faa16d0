/* JSON-RPC in the frames of a WebSocket, to a child that answers with bytes as they are written here; the
 * whole of it, with a message that becomes a turn, is test/cli/codex.bats. */
#include <poll.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/local.h"
#include "plugin/codex_rpc.h"
#include "slot/channel.h"
#include "kit.h"

#define HELLO "HTTP/1.1 101 Switching Protocols\r\n\r\n"
#define FRAME(size, text) "\x81" size text
#define IS_UP FRAME("\x16", "{\"id\":1,\"result\":true}")
#define WORD FRAME("\x0e", "{\"method\":\"x\"}")
#define ASKS FRAME("\x17", "{\"id\":2,\"method\":\"ask\"}")           /* others, not us */
#define CUT "\x01\x0c{\"id\":2,\"res\x89\x02hi\x80\x0bult\":\"one\"}" /* a ping in the middle */
#define SIZE_16 "\x81\x7e\x00\x17{\"id\":3,\"result\":\"two\"}"
#define SIZE_64                                                                                    \
	"\x81\x7f\x00\x00\x00\x00\x00\x00\x00\x26{\"id\":4,\"error\":{\"message\":\"no such\"}}"

/* Says all that at once, and reads until it is hung up on, or waits with an open connection. */
static pid_t server(const char *says, size_t n)
{
	int door;
	pid_t pid;

	ok(local_listen(&door, root, "s", SOCK_STREAM));
	pid = child_of();
	if (!pid) {
		struct pollfd p = { .fd = door, .events = POLLIN };
		char heard[4096];
		int fd;
		poll(&p, 1, 5000);
		fd = accept(door, NULL, NULL);
		if (fd < 0 || write(fd, says, n) != (ssize_t)n)
			_exit(1);
		while (read(fd, heard, sizeof(heard)) > 0)
			;
		_exit(0);
	}
	close(door);
	return pid;
}

/* And it answers how it was greeted. */
static bool opens(struct codex_rpc *r, int ms)
{
	int64_t until = clock_mono() + ms;
	enum tri got = TRI_UNKNOWN;
	json_t *answer = NULL;
	int id = 0;

	ok(codex_rpc_begin(r, root, "s", ms));
	while (r->fd >= 0 && got == TRI_UNKNOWN && clock_mono() < until) {
		struct pollfd p = { .fd = r->fd, .events = POLLIN };
		if (poll(&p, 1, 50) > 0 && !codex_rpc_read(r))
			break;
		got = codex_rpc_next(&id, &answer, r);
	}
	json_decref(answer);
	return got == TRI_YES && id == 1;
}

static void test_frames(void **state)
{
	static const char says[] = HELLO IS_UP WORD ASKS CUT SIZE_16 SIZE_64;
	AUTO(codex_rpc_release) struct codex_rpc r = { .fd = -1 };
	pid_t pid = server(says, sizeof(says) - 1);
	json_t *result;

	(void)state;
	assert_true(opens(&r, 5000));
	ok(codex_rpc_call(&result, &r, "a", json_object()));
	assert_true(json_is_string(result));
	assert_string_equal(json_string_value(result), "one");
	json_decref(result);
	ok(codex_rpc_call(&result, &r, "b", NULL));
	assert_string_equal(json_string_value(result), "two");
	json_decref(result);
	not_ok(codex_rpc_call(&result, &r, "c", NULL), ERR_FAILED, "no such");
	assert_null(result);
	codex_rpc_release(&r);
	assert_int_equal(ended(pid), 0);
}

/* Whatever it says instead of an answer, none comes, in the time that there is. */
static void test_strangers(void **state)
{
	static const struct {
		const char *says;
		size_t n;
	} all[] = {
#define SAYS(text) { text, sizeof(text) - 1 }
		SAYS(""),
		SAYS("HTTP/1.1 404 Not Found\r\n\r\n"),
		SAYS("SSH-2.0-OpenSSH\r\n"),
		SAYS(HELLO "\x88\x00"),
		SAYS(HELLO "\x81\x05 no j" FRAME("\x02", "[]") FRAME("\x02", "{}")),
		SAYS(HELLO "\x81\x7f\x7f\xff\xff\xff\xff\xff\xff\xff{"),
		SAYS(HELLO "\x81\x7f\xff\xff\xff\xff\xff\xff\xff\xff{"),
		SAYS(HELLO "\x81\x15{\"id\":1"),
		SAYS(HELLO FRAME("\x16", "{\"id\":2,\"result\":true}")), /* nobody asked that */
		SAYS(HELLO FRAME("\x17", "{\"id\":-1,\"result\":true}")),
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(all); i++) {
		AUTO(codex_rpc_release) struct codex_rpc r = { .fd = -1 };
		pid_t pid = server(all[i].says, all[i].n);
		int64_t from = clock_mono();
		assert_false(opens(&r, 200));
		assert_true(clock_mono() - from < 5000);
		codex_rpc_release(&r);
		assert_int_equal(ended(pid), 0);
	}
}

/* ---- a look ------------------------------------------------------------------------------------ */

/* An app-server that hears what it awaits, and then says something; then it waits to be hung up on. */
struct step {
	const char *awaits,
		*says; /* says: texts of messages, a line each; NULL: only the handshake */
};

static void put_says(int fd, const char *says)
{
	AUTO(buf_release) struct buf b = { 0 };

	if (!says)
		buf_adds(&b, HELLO);
	for (const char *end; says && *says; says = end + 1) {
		size_t n;
		end = strchr(says, '\n');
		n = (size_t)(end - says);
		buf_addc(&b, (char)0x81);
		buf_addc(&b, 126);
		buf_addc(&b, (char)(n >> 8));
		buf_addc(&b, (char)n);
		buf_add(&b, says, n);
	}
	if (write(fd, b.s, b.n) != (ssize_t)b.n)
		_exit(1);
}

static pid_t app_server(const char *folder, const struct step *steps, size_t n)
{
	int door;
	pid_t pid;

	ok(local_listen(&door, folder, "codex.sock", SOCK_STREAM));
	pid = child_of();
	if (!pid) {
		struct pollfd p = { .fd = door, .events = POLLIN };
		char heard[8192];
		size_t have = 0;
		ssize_t got = 1;
		int fd;
		poll(&p, 1, 5000);
		fd = accept(door, NULL, NULL);
		for (size_t i = 0; i < n; i++) {
			while (!memmem(heard, have, steps[i].awaits, strlen(steps[i].awaits))) {
				got = read(fd, heard + have, sizeof(heard) - have);
				if (got <= 0)
					_exit(2);
				have += (size_t)got;
			}
			have = 0;
			put_says(fd, steps[i].says);
		}
		while (read(fd, heard, sizeof(heard)) > 0)
			;
		_exit(0);
	}
	close(door);
	return pid;
}

#define GREETED                                                                                    \
	{                                                                                          \
		"\r\n\r\n", NULL                                                                   \
	}
#define ONE "{\"id\":1,\"result\":{}}\n"
#define THREAD(id, of)                                                                             \
	"{\"id\":" id                                                                              \
	",\"result\":{\"thread\":{\"id\":\"t\",\"ephemeral\":false,\"threadSource\":\"user\"" of   \
	"}}}\n"
#define STATUS(of) ",\"preview\":\"x\",\"status\":" of

static bool keeps_titles; /* those of the look before are known */

static void looks(int line, const char *named, const struct step *steps, size_t n, bool answered,
	enum activity says)
{
	const struct channel *c = channel_named("codex");
	struct channel_ref ref = { .folder = root, .conversation = (char *)(uintptr_t)named };
	struct channel_fact f = { 0 };
	pid_t pid = app_server(root, steps, n);
	int64_t from = clock_mono();

	if (!keeps_titles)
		put_text("codex-titles", "");
	ok(c->look(&f, &ref, 1));
	if (f.answered != answered || f.says != says)
		fail_msg("line %d: %d, %s (%s)", line, f.answered, activity_word(f.says), f.detail);
	assert_true(clock_mono() - from < 5000);
	assert_true(!f.answered || f.detail);
	assert_true(says == ACTIVITY_UNKNOWN || str_equal(f.conversation, "t"));
	channel_fact_release(&f);
	assert_int_equal(ended(pid), 0);
}
#define LOOKS(named, answered, says, ...)                                                          \
	do {                                                                                       \
		static const struct step steps[] = { GREETED, __VA_ARGS__ };                       \
		looks(__LINE__, named, steps, COUNT_OF(steps), answered, ACTIVITY_##says);         \
	} while (0)
/* One thread, which is known by its name. */
#define TELLS(says, status)                                                                        \
	LOOKS("t", true, says, { "thread/read", ONE THREAD("2", STATUS(status)) })

/* As 0.169.0 gave them. */
static void test_status(void **state)
{
	(void)state;
	TELLS(ACTIVE, "{\"type\":\"active\",\"activeFlags\":[]}");
	TELLS(WAITING_INPUT, "{\"type\":\"active\",\"activeFlags\":[\"waitingOnApproval\"]}");
	TELLS(WAITING_INPUT,
		"{\"type\":\"active\",\"activeFlags\":[\"later\",\"waitingOnUserInput\"]}");
	TELLS(READY, "{\"type\":\"idle\"}");
	TELLS(BLOCKED, "{\"type\":\"systemError\"}");
	/* what was never seen says nothing */
	TELLS(UNKNOWN, "{\"type\":\"asleep\"}");
	/* its first prompt may be on its way */
	LOOKS("t", true, UNKNOWN,
		{ "thread/read",
			ONE THREAD("2", ",\"preview\":\"\",\"status\":{\"type\":\"idle\"}") });
}

#define LIST(ids) "{\"id\":3,\"result\":{\"data\":[" ids "]}}\n"
#define TITLE(id)                                                                                     \
	"{\"id\":" id                                                                                 \
	",\"result\":{\"thread\":{\"id\":\"x\",\"ephemeral\":true,\"threadSource\":\"thread_title\"," \
	"\"preview\":\"\",\"status\":{\"type\":\"active\",\"activeFlags\":[]}}}}\n"
#define IDLE STATUS("{\"type\":\"idle\"}")
#define GONE STATUS("{\"type\":\"notLoaded\"}")
#define NO(id) "{\"id\":" id ",\"error\":{\"code\":-32603,\"message\":\"failed to read thread\"}}\n"

static void test_which_thread(void **state)
{
	(void)state;
	/* not named, or named and not loaded: the only one that a person began */
	LOOKS(NULL, true, READY,
		{ "loaded/list", ONE "{\"id\":2,\"result\":{\"data\":[\"x\",\"t\"]}}\n" },
		{ "\"t\"", THREAD("4", IDLE) TITLE("3") });
	LOOKS("u", true, READY, { "thread/read", ONE THREAD("2", GONE) },
		{ "loaded/list", LIST("\"x\",\"t\"") }, { "\"t\"", TITLE("4") THREAD("5", IDLE) });
	LOOKS("u", true, READY, { "thread/read", ONE NO("2") }, { "loaded/list", LIST("\"t\"") },
		{ "\"t\"", THREAD("4", IDLE) });
	/* several, one that can't be read, none: nobody knows what its terminal shows */
	LOOKS("u", true, UNKNOWN, { "thread/read", ONE NO("2") },
		{ "loaded/list", LIST("\"s\",\"t\"") },
		{ "\"t\"", THREAD("4", IDLE) THREAD("5", IDLE) });
	LOOKS("u", true, UNKNOWN, { "thread/read", ONE NO("2") },
		{ "loaded/list", LIST("\"s\",\"t\"") }, { "\"t\"", NO("4") THREAD("5", IDLE) });
	LOOKS("u", false, UNKNOWN, { "thread/read", ONE NO("2") }, { "loaded/list", LIST("") });
	LOOKS("u", true, UNKNOWN, { "thread/read", ONE NO("2") },
		{ "loaded/list",
			LIST("0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16") }); /* more than are read */
}

/* What makes titles is read once: each takes long, and one more comes with each prompt. */
static void test_titles(void **state)
{
	AUTO(buf_release) struct buf titles = { 0 };
	AUTO(str_release) char *path = at("codex-titles");

	(void)state;
	LOOKS("u", true, READY, { "thread/read", ONE NO("2") },
		{ "loaded/list", LIST("\"x\",\"t\"") }, { "\"t\"", TITLE("4") THREAD("5", IDLE) });
	ok(file_read(&titles, path, 100));
	assert_string_equal(titles.s, "x\n");
	keeps_titles = true;
	LOOKS("u", true, READY, { "thread/read", ONE NO("2") },
		{ "loaded/list", LIST("\"x\",\"t\"") }, { "\"t\"", THREAD("4", IDLE) });
	/* it gave up before all were read: what was heard is known */
	keeps_titles = false;
	LOOKS("u", false, UNKNOWN, { "thread/read", ONE NO("2") },
		{ "loaded/list", LIST("\"x\",\"t\"") }, { "\"t\"", TITLE("4") "hang up\n" });
	buf_cut(&titles, 0);
	ok(file_read(&titles, path, 100));
	assert_string_equal(titles.s, "x\n");
}

/* Any JSON in the place of an answer; then it hangs up, or does not. */
static void test_shapes(void **state)
{
	static const char *const shapes[] = { "null", "true", "[]", "\"x\"", "{}", "{\"thread\":7}",
		"{\"thread\":[]}", "{\"thread\":{\"status\":\"idle\"}}",
		"{\"thread\":{\"ephemeral\":false,\"status\":{\"type\":[],\"activeFlags\":{\"a\":1}}}}",
		"{\"data\":{}}", "{\"data\":[null]}", "{\"data\":[[[]]]}" };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(shapes); i++) {
		AUTO(str_release)
		char *says = str_format(
			"%s{\"id\":2,\"result\":%s}\n{\"id\":3,\"result\":%s}\n{\"id\":3}\n{\"id\":3}\n",
			ONE, shapes[i], shapes[i]);
		AUTO(str_release)
		char *list = str_format("{\"id\":3,\"result\":%s}\n{\"id\":3}\n", shapes[i]);
		struct step steps[] = { GREETED, { "thread/read", says }, { "loaded/list", list } };
		const struct channel *c = channel_named("codex");
		struct channel_ref ref = { .folder = root, .conversation = (char *)"t" };
		struct channel_fact f = { 0 };
		pid_t pid = app_server(root, steps, 1 + i % 2);

		ok(c->look(&f, &ref, 1));
		assert_int_equal(f.says, ACTIVITY_UNKNOWN);
		channel_fact_release(&f);
		ended(pid);
	}
}

/* Frames without end, each of which is nothing. */
static pid_t flood(const char *folder)
{
	static const char pings[] = "\x89\x00\x89\x00\x01\x00\x89\x00";
	int door;
	pid_t pid;

	ok(local_listen(&door, folder, "codex.sock", SOCK_STREAM));
	pid = child_of();
	if (!pid) {
		struct pollfd p = { .fd = door, .events = POLLIN };
		AUTO(buf_release) struct buf b = { 0 };
		int fd;
		poll(&p, 1, 5000);
		fd = accept(door, NULL, NULL);
		while (b.n < 65536)
			buf_add(&b, pings, sizeof(pings) - 1);
		put_says(fd, NULL);
		while (send(fd, b.s, b.n, MSG_NOSIGNAL) > 0)
			;
		_exit(0);
	}
	close(door);
	return pid;
}

/* Of many, those that are silent, or never end, keep nobody waiting, and all have the same time. */
static void test_many(void **state)
{
	static const struct step speaks[] = { GREETED, { "thread/read", ONE THREAD("2", IDLE) } };
	const struct channel *c = channel_named("codex");
	struct channel_ref refs[12] = { 0 };
	struct channel_fact facts[12] = { 0 };
	pid_t pids[12];
	int64_t from;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(refs); i++) {
		AUTO(str_release) char *name = str_format("many-%zu", i);
		refs[i] = (struct channel_ref){ .folder = at(name), .conversation = (char *)"t" };
		ok(file_make_dirs(refs[i].folder));
		pids[i] = i % 4 == 3 ? flood(refs[i].folder)
				     : app_server(refs[i].folder, speaks, 2 - i % 4);
	}
	from = clock_mono();
	ok(c->look(facts, refs, COUNT_OF(refs)));
	assert_in_range(clock_mono() - from, 1900, 3900);
	for (size_t i = 0; i < COUNT_OF(refs); i++) {
		assert_int_equal(facts[i].answered, i % 4 == 0);
		channel_fact_release(&facts[i]);
		str_release(&refs[i].folder);
		ended(pids[i]);
	}
}

static void test_nobody(void **state)
{
	const struct channel *c = channel_named("codex");
	struct channel_ref ref = { .folder = root };
	AUTO(codex_rpc_release) struct codex_rpc r = { .fd = -1 };
	struct channel_fact f = { .answered = true };
	enum channel_answer has;

	(void)state;
	assert_string_equal(c->needs, "{hooks}/serve");
	assert_false(opens(&r, 200));
	ok(c->look(&f, &ref, 1));
	assert_false(f.answered);
	assert_false(c->listens(&ref));
	not_ok(c->hand(&has, &ref, "", "x", 1), ERR_FAILED, "does not answer");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_frames),
		TEST(test_strangers),
		TEST(test_status),
		TEST(test_which_thread),
		TEST(test_titles),
		TEST(test_shapes),
		TEST(test_many),
		TEST(test_nobody),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
