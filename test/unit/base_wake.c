/* What a hook tells the daemon: what it is, and that nobody waits or fails for it. */
#include <sys/socket.h>

#include "base/local.h"
#include "base/wake.h"

#include "kit.h"

static const struct {
	const char *bytes;
	size_t n; /* 0: strlen() */
	const char *space, *session, *what;
} rows[] = {
	{ "box/fe-1 stop", 0, "box", "fe-1", "stop" },
	{ "b/x-y-12 death", 0, "b", "x-y-12", "death" },
	{ "", 0, NULL, NULL, NULL },
	{ "box/fe-1", 0, NULL, NULL, NULL },
	{ "box/fe-1 ", 0, NULL, NULL, NULL },
	{ "box fe-1 stop", 0, NULL, NULL, NULL },
	{ "/fe-1 stop", 0, NULL, NULL, NULL },
	{ "box/ stop", 0, NULL, NULL, NULL },
	{ "../fe-1 stop", 0, NULL, NULL, NULL },
	{ "box/../fe-1 stop", 0, NULL, NULL, NULL },
	{ "box/fe-0 stop", 0, NULL, NULL, NULL },
	{ "box/fe stop", 0, NULL, NULL, NULL },
	{ "box/fe-1 stop\n", 0, NULL, NULL, NULL },
	{ "box/fe-1 stop now", 0, NULL, NULL, NULL },
	{ "box/fe-1 STOP", 0, NULL, NULL, NULL },
	{ "box/fe-1 st\0p", 13, NULL, NULL, NULL },
	{ "b\0x/fe-1 stop", 13, NULL, NULL, NULL },
	{ "box/fe-1 abcdefghijabcdefghijabcdefghijab", 0, NULL, NULL, NULL },
};

static void test_parse(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct wake w = { 0 };
		size_t n = rows[i].n ? rows[i].n : strlen(rows[i].bytes);
		bool is = wake_parse(&w, rows[i].bytes, n);

		if (is != (rows[i].space != NULL))
			fail_msg("'%s' is%s taken", rows[i].bytes, is ? "" : " not");
		if (!is)
			continue;
		assert_string_equal(w.space, rows[i].space);
		assert_string_equal(w.session, rows[i].session);
		assert_string_equal(w.what, rows[i].what);
	}
}

static void test_longest(void **state)
{
	AUTO(str_release) char *name = mem_alloc(66);
	AUTO(str_release) char *text = NULL;
	struct wake w;

	(void)state;
	memset(name, 'a', 65);
	text = str_format("%.64s/%.62s-1 stop", name, name);
	assert_true(wake_parse(&w, text, strlen(text)));
	str_release(&text);
	text = str_format("%.65s/fe-1 stop", name);
	assert_false(wake_parse(&w, text, strlen(text)));
}

/* To whoever listens in the data folder, however long its path; to nobody: nothing. */
static void test_send(void **state)
{
	AUTO(str_release) char *deep = str_format("%0120d", 0);
	AUTO(str_release) char *folder = str_format("%s/sessions/box/fe-1/metadata", deep);
	AUTO(str_release) char *data = at(deep);
	AUTO(str_release) char *session = str_format("%s/sessions/box/fe-1", data);
	AUTO(str_release) char *other = str_format("%s/elsewhere/box/fe-1", data);
	char bytes[64] = "";
	int fd;

	(void)state;
	put_text(folder, "");
	wake_send(session, "stop");
	ok(local_listen(&fd, data, WAKE_SOCKET, SOCK_DGRAM));
	wake_send(other, "stop");
	wake_send(session, "stop");
	assert_int_equal(recv(fd, bytes, sizeof(bytes), 0), 13);
	assert_string_equal(bytes, "box/fe-1 stop");
	assert_int_equal(recv(fd, bytes, sizeof(bytes), 0), -1);
	for (int i = 0; i < 5000; i++) /* more than the socket holds: nobody waits */
		wake_send(session, "tool");
	close(fd);
	wake_send(session, "stop");
}

static int set_up(void **state)
{
	(void)state;
	return fresh_place(root, sizeof(root)) ? 0 : -1;
}

static int tear_down(void **state)
{
	(void)state;
	ok(file_remove_tree(root));
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_longest),
		cmocka_unit_test_setup_teardown(test_send, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
