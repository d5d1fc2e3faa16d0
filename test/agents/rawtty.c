/*
 * rawtty FILE: a raw terminal with bracketed paste on. Every byte that arrives is written to FILE
 * as it is; the byte 'q' outside a paste ends it with exit 0.
 */
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

static bool ends_with(const char *tail, const char *what)
{
	return memcmp(tail, what, 6) == 0;
}

/* The last six bytes tell where a paste begins and ends. */
static bool is_quit(char c)
{
	static char tail[6];
	static bool pasting;

	memmove(tail, tail + 1, 5);
	tail[5] = c;
	if (ends_with(tail, "\033[200~"))
		pasting = true;
	else if (ends_with(tail, "\033[201~"))
		pasting = false;
	return c == 'q' && !pasting;
}

int main(int argc, char **argv)
{
	struct termios raw;
	char bytes[4096];
	ssize_t n;
	int fd = argc == 2 ? open(argv[1], O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600) : -1;

	if (fd < 0 || tcgetattr(0, &raw) < 0)
		return 2;
	cfmakeraw(&raw);
	tcsetattr(0, TCSANOW, &raw);
	if (write(1, "\033[?2004hready", 13) != 13)
		return 2;
	while ((n = read(0, bytes, sizeof(bytes))) > 0) {
		if (write(fd, bytes, (size_t)n) != n)
			return 2;
		for (ssize_t i = 0; i < n; i++)
			if (is_quit(bytes[i]))
				return 0;
	}
	return 1;
}
