#include "base/stop.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

static volatile sig_atomic_t requested;
static int wake[2] = { -1, -1 };

static void on_signal(int number)
{
	int saved = errno;
	ssize_t ignored;

	(void)number;
	requested = 1;
	ignored = write(wake[1], "", 1);
	(void)ignored;
	errno = saved;
}

void stop_install(void)
{
	struct sigaction act = { .sa_handler = on_signal };
	struct sigaction ignore = { .sa_handler = SIG_IGN };

	if (pipe2(wake, O_CLOEXEC | O_NONBLOCK) < 0)
		return;
	sigaction(SIGINT, &act, NULL);
	sigaction(SIGTERM, &act, NULL);
	sigaction(SIGHUP, &act, NULL);
	sigaction(SIGPIPE, &ignore, NULL);
	sigaction(SIGXFSZ, &ignore, NULL);
}

void stop_ignore_hangup(void)
{
	struct sigaction ignore = { .sa_handler = SIG_IGN };

	sigaction(SIGHUP, &ignore, NULL);
}

bool stop_requested(void)
{
	return requested;
}

int stop_fd(void)
{
	return wake[0];
}

struct err *stop_err(void)
{
	return fail(ERR_INTERRUPTED, "interrupted");
}

void stop_forget(void)
{
	char drain[64];

	requested = 0;
	while (wake[0] >= 0 && read(wake[0], drain, sizeof(drain)) > 0)
		;
}
