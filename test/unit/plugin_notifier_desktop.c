/*
 * The desktop's notifications against a real D-Bus and a real server: dbus-daemon, and dunst on a screen of
 * its own (Xvfb), which prints what it was sent and what it made of it.
 */
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>

#include "base/clock.h"
#include "base/stop.h"
#include "slot/notifier.h"
#include "kit.h"

enum { BOUND_MS = 60000 };

static const struct notifier_config config = { .name = (char *)(uintptr_t) "desktop",
	.plugin = (char *)(uintptr_t) "desktop" };

static struct err *tell(const struct notice *n)
{
	const struct notifier *desktop;

	ok(notifier_find(&desktop, "desktop"));
	return desktop->tell(&(struct notifier_call){ &config, "/", "/" }, n);
}

static struct err *usable(void)
{
	const struct notifier *desktop;

	ok(notifier_find(&desktop, "desktop"));
	return desktop->usable(&(struct notifier_call){ &config, "/", "/" });
}

static const struct notice plain = {
	.id = "1", .priority = PRIORITY_URGENT, .event = "test", .title = "a title"
};

/* ---- without one ----------------------------------------------------------------------------- */

static void test_no_desktop(void **state)
{
	(void)state;
	not_ok(tell(&plain), ERR_FAILED, "no desktop session here (no D-Bus at /");
	not_ok(usable(), ERR_FAILED, "no desktop session here");
	put_text("bus", "no socket");
	not_ok(usable(), ERR_FAILED, "no desktop session here");
}

static void test_no_program(void **state)
{
	AUTO(str_release) char *path = str_dup(getenv("PATH"));

	(void)state;
	setenv("PATH", root, 1);
	setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent", 1);
	not_ok(usable(), ERR_MISSING, "no notify-send on PATH");
	setenv("PATH", path, 1);
	unsetenv("DBUS_SESSION_BUS_ADDRESS");
}

/* ---- a desktop ------------------------------------------------------------------------------- */

/* Ends with us, whatever ends us. Its output goes to the file of its name. */
static pid_t start(char *const *argv)
{
	AUTO(str_release) char *log = at(argv[0]);
	pid_t pid = child_of();

	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	dup2(open(log, O_WRONLY | O_CREAT | O_APPEND, 0600), STDOUT_FILENO);
	dup2(STDOUT_FILENO, STDERR_FILENO);
	execvp(argv[0], argv);
	_exit(127);
}

static void end(pid_t pid)
{
	kill(pid, SIGKILL);
	ended(pid);
}

/* What a server says into its file, once it says it. */
static char *said(const char *name, const char *wanted)
{
	AUTO(str_release) char *path = at(name);
	int64_t until = clock_mono() + BOUND_MS;

	for (;;) {
		AUTO(buf_release) struct buf b = { 0 };
		bool found;

		ok(file_read_if(&b, &found, path, 1 << 20));
		if (strstr(buf_text(&b), wanted))
			return buf_detach(&b);
		if (clock_mono() > until)
			fail_msg("%s does not say '%s' but: %s", name, wanted, buf_text(&b));
		ok(clock_sleep(10));
	}
}

/* It starts nothing by itself, as a session's own would: a desktop without a server stays without. */
static const char bus_conf[] =
	"<!DOCTYPE busconfig PUBLIC \"-//freedesktop//DTD D-BUS Bus "
	"Configuration 1.0//EN\" "
	"\"http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd\">"
	"<busconfig><type>session</type><listen>unix:path=%s/bus</listen>"
	"<policy context=\"default\"><allow send_destination=\"*\"/>"
	"<allow receive_sender=\"*\"/><allow own=\"*\"/></policy></busconfig>";

static pid_t bus_start(void)
{
	AUTO(str_release) char *text = str_format(bus_conf, root);
	AUTO(str_release) char *option = str_format("--config-file=%s/bus.conf", root);
	pid_t pid;

	put_text("bus.conf", text);
	pid = start(ARGV("dbus-daemon", "--nofork", "--print-address=1", option));
	free(said("dbus-daemon", "\n"));
	return pid;
}

static pid_t screen_start(void)
{
	AUTO(str_release) char *number = NULL;
	AUTO(str_release) char *display = NULL;
	pid_t pid = start(
		ARGV("Xvfb", "-displayfd", "1", "-nolisten", "tcp", "-screen", "0", "640x480x8"));

	number = said("Xvfb", "\n");
	display = str_format(":%d", atoi(number));
	setenv("DISPLAY", display, 1);
	return pid;
}

static bool all_here(void)
{
	static const char *const programs[] = { "notify-send", "dbus-daemon", "Xvfb", "dunst" };

	for (size_t i = 0; i < COUNT_OF(programs); i++) {
		AUTO(str_release) char *path = path_program(programs[i]);

		if (path)
			continue;
		print_message("skipped: no %s here\n", programs[i]);
		return false;
	}
	return true;
}

/* Until the server has taken the bus's name for it. */
static void tell_at_last(const struct notice *n)
{
	int64_t until = clock_mono() + BOUND_MS;
	struct err *e;

	while ((e = tell(n)) && clock_mono() < until) {
		err_free(e);
		ok(clock_sleep(20));
	}
	ok(e);
}

static void send_all(void)
{
	AUTO(buf_release) struct buf big = { 0 };
	struct notice n = plain;

	while (big.n < 1 << 20)
		buf_adds(&big, "é<");
	n.title = "--help <b>bold</b> &amp;\033[31m \xff\\n\nx";
	n.text = "<b>bold</b> <img src=\"x\"> & \\n \\303 \\\n--second\033]0;t\a\r\xff\n\n";
	n.url = "https://example.org/?a=1&b=<2>";
	ok(tell(&n));
	n.id = "2";
	n.priority = PRIORITY_INFO;
	n.title = n.text = big.s;
	n.url = NULL;
	ok(tell(&n));
	n.id = "3";
	n.priority = PRIORITY_ACTION;
	n.title = "\033[1m";
	n.text = NULL;
	ok(tell(&n));
}

static void shows(const char *text, const char *want)
{
	if (!strstr(text, want))
		fail_msg("the server did not say\n%s\nbut\n%s", want, text);
}

/* The MiB: cut, at a character's end, with a mark. */
static void shows_cut(const char *text)
{
	const char *title = strstr(text, "summary: 'é<é<"), *body, *end;

	assert_non_null(title);
	title += strlen("summary: '");
	end = strstr(title, "…'\n\tbody: 'é&lt;");
	assert_non_null(end);
	assert_in_range(end - title, 190, 200);
	body = end + strlen("…'\n\tbody: '");
	end = strstr(body, "&lt;…'\n\ticon");
	assert_non_null(end);
	assert_in_range(end - body, 1000, 2100);
}

/* As from cron: no variable names the bus, it lies where the session's lies. */
static void test_desktop(void **state)
{
	AUTO(str_release) char *text = NULL;
	pid_t bus, screen, server;
	struct notice n = plain;

	(void)state;
	if (!all_here())
		skip();
	bus = bus_start();
	ok(usable());
	not_ok(tell(&n), ERR_FAILED, "org.freedesktop.Notifications");
	screen = screen_start();
	server = start(ARGV("dunst", "-print"));
	tell_at_last(&n);
	send_all();
	n.id = n.title = "the last";
	ok(tell(&n));
	text = said("dunst", "summary: 'the last'");
	shows(text, "appname: 'ao'\n\tsummary: 'a title'\n\tbody: ''\n");
	shows(text, "urgency: CRITICAL\n");
	shows(text, "urgency: NORMAL\n");
	shows(text, "urgency: LOW\n");
	/* a title is plain text, a body is markup, and neither's backslashes mean anything */
	shows(text,
		"summary: '--help <b>bold</b> &amp; \xef\xbf\xbd\\n x'\n"
		"\tbody: '&lt;b&gt;bold&lt;/b&gt; &lt;img src=\"x\"&gt; &amp; \\n \\303 \\\n"
		"--second\xef\xbf\xbd\nhttps://example.org/?a=1&amp;b=&lt;2&gt;'\n");
	shows(text, "summary: 'ao'\n\tbody: ''\n"); /* of the title nothing was left */
	shows(text, "stack_tag: the last\n");
	shows_cut(text);
	end(server);
	end(screen);
	end(bus);
}

static int setup(void **state)
{
	return kit_setup(state) || setenv("XDG_RUNTIME_DIR", root, 1);
}

#define DESKTOP(f) cmocka_unit_test_setup_teardown(f, setup, kit_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		DESKTOP(test_no_desktop),
		DESKTOP(test_no_program),
		DESKTOP(test_desktop),
	};

	stop_install();
	unsetenv("DBUS_SESSION_BUS_ADDRESS");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
