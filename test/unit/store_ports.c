/* Port leases: nobody else's, nobody listening, the same ones again where they are free. */
#include <netinet/in.h>
#include <sys/socket.h>

#include "store/ports.h"
#include "kit.h"

static char *lease(const char *folder, const char *had, int n)
{
	char *ports = NULL;

	ok(ports_lease(&ports, folder, had, n));
	return ports;
}

static size_t leased(void)
{
	AUTO(kv_release) struct kv all = { 0 };

	ok(ports_read(&all));
	return all.n;
}

/* A listener on this port of this address, as a server would make it. */
static int listens(int port, uint32_t address)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
	int fd = socket(AF_INET, SOCK_STREAM, 0), on = 1;

	a.sin_addr.s_addr = htonl(address);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	assert_int_equal(listen(fd, 1), 0);
	return fd;
}

static void test_the_same_again(void **state)
{
	AUTO(str_release) char *first = lease("/d/fe-1", NULL, 3);
	AUTO(str_release) char *other = lease("/d/fe-2", first, 3); /* asks for what fe-1 has */
	AUTO(str_release) char *again = lease("/d/fe-1", first, 3);
	AUTO(strv_release) struct strv a = { 0 }, b = { 0 };

	(void)state;
	assert_string_equal(first, again);
	ports_split(&a, first);
	ports_split(&b, other);
	assert_int_equal(a.n, 3);
	assert_int_equal(b.n, 3);
	STRV_EACH(port, &b)
		assert_false(strv_has(&a, *port));
	assert_int_equal(leased(), 6);
	ok(ports_release("/d/fe-1"));
	assert_int_equal(leased(), 3);
	ok(ports_release("/d/fe-1"));
	str_release(&again);
	again = lease("/d/fe-1", first, 3);
	assert_string_equal(first, again);
}

static void test_more_and_fewer(void **state)
{
	AUTO(str_release) char *two = lease("/d/fe-1", NULL, 2);
	AUTO(str_release) char *three = lease("/d/fe-1", two, 3);
	AUTO(str_release) char *one = lease("/d/fe-1", three, 1);

	(void)state;
	assert_true(str_starts(three, two));
	assert_true(str_starts(two, one));
	assert_int_equal(strlen(one), 5);
	assert_int_equal(leased(), 1);
	str_release(&one);
	one = lease("/d/fe-1", "20000", 0);
	assert_null(one);
	assert_int_equal(leased(), 0);
}

/* One that somebody listens on is replaced; those beside it keep their places. */
static void test_a_listener_is_left_alone(void **state)
{
	static const uint32_t addresses[] = { INADDR_ANY, INADDR_LOOPBACK };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(addresses); i++) {
		AUTO(str_release) char *had = lease("/d/fe-1", NULL, 3);
		AUTO(str_release) char *now = NULL;
		AUTO(strv_release) struct strv a = { 0 }, b = { 0 };
		int fd;

		ports_split(&a, had);
		fd = listens(atoi(a.v[1]), addresses[i]);
		now = lease("/d/fe-1", had, 3); /* its own server, maybe: it keeps the port */
		assert_string_equal(now, had);
		ok(ports_release("/d/fe-1"));
		str_release(&now);
		now = lease("/d/fe-1", had, 3);
		ports_split(&b, now);
		assert_string_equal(a.v[0], b.v[0]);
		assert_string_equal(a.v[2], b.v[2]);
		assert_false(strv_has(&a, b.v[1]));
		close(fd);
		ok(ports_release("/d/fe-1"));
	}
}

/* Words that nobody of us wrote are no numbers of ours. */
static void test_edited_by_hand(void **state)
{
	AUTO(str_release) char *got = lease("/d/fe-1", "22 x 20001 20001 99999", 5);
	AUTO(strv_release) struct strv ports = { 0 };

	(void)state;
	ports_split(&ports, got);
	assert_int_equal(ports.n, 5);
	for (size_t i = 0; i < ports.n; i++) {
		assert_in_range(atoi(ports.v[i]), 20000, 29999);
		for (size_t k = 0; k < i; k++)
			assert_string_not_equal(ports.v[i], ports.v[k]);
	}
	assert_string_equal(ports.v[2], "20001");
}

/* Other namespaces' sessions of the same name look from other places, and all at once get their own. */
static void test_all_at_once(void **state)
{
	enum { SESSIONS = 8, EACH = 20 };
	pid_t pids[SESSIONS];
	AUTO(kv_release) struct kv all = { 0 };

	(void)state;
	for (int i = 0; i < SESSIONS; i++) {
		pids[i] = child_of();
		if (!pids[i]) {
			AUTO(str_release) char *folder = str_format("/d/ns%d/fe-1", i / 2);
			for (int n = 1; n <= EACH; n++) {
				AUTO(str_release)
				char *own = str_format("%s-%d-%d", folder, i, n);
				free(lease(own, "20000 20001 20002", 3));
			}
			_exit(0);
		}
	}
	for (int i = 0; i < SESSIONS; i++)
		assert_int_equal(ended(pids[i]), 0);
	ok(ports_read(&all));
	assert_int_equal(all.n, SESSIONS * EACH * 3);
	for (size_t i = 0; i < all.n; i++)
		assert_non_null(all.v[i].key);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_the_same_again),
		TEST(test_more_and_fewer),
		TEST(test_a_listener_is_left_alone),
		TEST(test_edited_by_hand),
		TEST(test_all_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
