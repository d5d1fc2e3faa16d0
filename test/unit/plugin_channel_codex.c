/* JSON-RPC in the frames of a WebSocket, to a child that answers with bytes as they are written here; the
 * whole of it, with a message that becomes a turn, is test/cli/codex.bats. */
#include <poll.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/local.h"
#include "plugin/codex_rpc.h"
#include "slot/channel.h"
#include "kit.h"

#define HELLO "HTTP/1.1 101 Switching Protocols\r\n\r\n"
#define FRAME(size, text) "\x81" size text
#define READY FRAME("\x16", "{\"id\":1,\"result\":true}")
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

static bool opens(struct codex_rpc *r, int ms)
{
	bool open;

	ok(codex_rpc_open(&open, r, root, "s", ms));
	return open;
}

static void test_frames(void **state)
{
	static const char says[] = HELLO READY WORD ASKS CUT SIZE_16 SIZE_64;
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

static void test_nobody(void **state)
{
	const struct channel *c = channel_named("codex");
	struct channel_ref ref = { .folder = root };
	AUTO(codex_rpc_release) struct codex_rpc r = { .fd = -1 };
	enum channel_answer has;

	(void)state;
	assert_string_equal(c->needs, "{hooks}/serve");
	assert_false(opens(&r, 200));
	assert_false(c->listens(&ref));
	not_ok(c->hand(&has, &ref, "", "x", 1), ERR_FAILED, "does not answer");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_frames),
		TEST(test_strangers),
		TEST(test_nobody),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
