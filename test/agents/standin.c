/*
 * standin: a stand-in for a coding agent in a terminal. Towards its terminal and its hooks it
 * behaves like the agents we measured; it does no work of its own.
 *
 *   standin [options] [FIRST-PROMPT]
 *     --start-ms N     touches the terminal only after so long
 *     --turn-ms N      length of a turn (100)
 *     --swallow N      the first N Enters are lost, the text stays in the box
 *     --menu           each turn opens a permission menu; --quiet-menu: without telling by a hook
 *     --late-menu MS   it is told by a hook, and drawn so much later
 *     --deaf-menu      it hears no first key
 *     --menu-on-paste  the menu opens right behind a paste while it works, and the box keeps the text
 *     --menu-on-enter  the menu opens at the first Enter while it works, which is lost, and the box keeps the text
 *     --late-box MS    the box is emptied so long after the message was taken and told
 *     --file-paste N   of a paste of N bytes and more the message has "<file>" instead
 *     --slow-paste MS  a paste is taken and shown so long after it came
 *     --deaf MS        so long after a turn it hears no key
 *     --put-back       an interrupt puts the message back into the box, and none works while that holds text
 *     --double-escape  two Escapes interrupt, one after the other: what comes in one go is Alt-Escape
 *     --no-queue       Enter while busy does nothing (else the message waits for its turn)
 *     --no-hooks       tells nothing; --silent-escape: only an interrupt is not told
 *     --exit-after N CODE   exits with CODE after its Nth turn
 *     --do PROGRAM     each turn is PROGRAM's work: it gets the message on standard input
 *     --session ID     begins conversation ID; --resume ID: says "resumed ID"
 *
 * The box is the last line, "> " and what was typed; a paste of 5 lines or 1000 bytes and more
 * shows as a chip. Enter (CR outside a paste) submits, C-j is a newline, C-u clears, C-c clears or
 * leaves, Escape interrupts. A CR inside a paste is a newline, as with the agents measured. In a
 * message "run: COMMAND" runs COMMAND by sh in that turn, "hang: FILE" does nothing until FILE is there, and
 * "menu:" opens the menu.
 *
 * $STANDIN_LOG/NAME.log (NAME: $AO_SESSION, else standin) gets, when its turn begins, each message
 * as "MSG <bytes>\n<the bytes>\n"; also "START", "DANGER" (an Enter picked option 1 of the menu),
 * "ANSWER 1|2" (by its digit), "ESCAPE", "EXIT <code>". Hooks: `$AO_BIN hook
 * start|prompt|waiting|stop`, for prompt the text on standard input.
 *
 * What it cannot prove: real start-up dialogs, completion lists, bursts read as a paste.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "terminal.h"

struct message {
	struct text text;
	struct message *next;
};

static struct {
	long start_ms, turn_ms, swallow, exit_after, late_box, late_menu, file_paste, slow_paste,
		deaf;
	int exit_code;
	bool menu, quiet_menu, deaf_menu, menu_on_paste, menu_on_enter, double_escape, put_back,
		no_queue, no_hooks, silent_escape;
	const char *resume, *prompt, *work;
} option = { .turn_ms = 100 };

static struct message *queue;
static struct text at_work; /* the message of its turn */
static char *hangs_until;   /* this file is there */
static bool pasting, paste_cr, busy, menu_open;
static long turns;
static int64_t turn_ends, hears_from;
static pid_t command;

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* One write per entry, so that nobody reads half of one. */
static void note(const char *head, const char *bytes, size_t n)
{
	const char *dir = getenv("STANDIN_LOG"), *name = getenv("AO_SESSION");
	struct text t = { 0 };
	char path[4096];
	int fd;

	if (!dir)
		return;
	snprintf(path, sizeof(path), "%s/%s.log", dir, name && *name ? name : "standin");
	fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	if (fd < 0)
		return;
	add(&t, head, strlen(head));
	add(&t, "\n", 1);
	if (bytes) {
		add(&t, bytes, n);
		add(&t, "\n", 1);
	}
	write_all(fd, t.s, t.n);
	close(fd);
	free(t.s);
}

static void hook(const char *event, const char *text, size_t n)
{
	const char *ao = getenv("AO_BIN");
	int in[2];
	pid_t pid;

	if (option.no_hooks || !ao || pipe2(in, O_CLOEXEC) < 0)
		return;
	pid = fork();
	if (pid == 0) {
		int null = open("/dev/null", O_RDWR);
		dup2(in[0], 0);
		dup2(null, 1);
		dup2(null, 2);
		execl(ao, ao, "hook", event, (char *)NULL);
		_exit(127);
	}
	close(in[0]);
	write_all(in[1], text, n);
	close(in[1]);
	while (pid > 0 && waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
}

static void leave(int code)
{
	char line[32];

	snprintf(line, sizeof(line), "EXIT %d", code);
	note(line, NULL, 0);
	close_terminal();
	exit(code);
}

/* Turns */

static void open_menu(void)
{
	menu_open = true;
	if (option.late_menu) {
		hook("waiting", "", 0);
		usleep((useconds_t)option.late_menu * 1000);
	}
	print_s("Do you want to proceed?\n❯ 1. Yes\n  2. No\nEsc to cancel");
	if (!option.late_menu && !option.quiet_menu)
		hook("waiting", "", 0);
}

static void start_command(const char *text)
{
	const char *at = strstr(text, "run: ");
	struct text script = { 0 };

	if (!at)
		return;
	for (; at; at = strstr(at, "run: ")) {
		at += strlen("run: ");
		add(&script, at, strcspn(at, "\n"));
		add(&script, "\n", 1);
	}
	command = fork();
	if (command == 0) {
		int null = open("/dev/null", O_RDONLY);
		dup2(null, 0);
		execl("/bin/sh", "sh", "-c", script.s, (char *)NULL);
		_exit(127);
	}
	free(script.s);
}

static void start_to_hang(const char *text)
{
	const char *at = strstr(text, "hang: ");

	if (at)
		hangs_until = strndup(at + strlen("hang: "), strcspn(at + strlen("hang: "), " \n"));
}

static bool hangs(void)
{
	return hangs_until && access(hangs_until, F_OK) != 0;
}

static void start_work(const char *text, size_t n)
{
	int message = memfd_create("message", 0);

	if (message < 0 || write(message, text, n) != (ssize_t)n || lseek(message, 0, SEEK_SET))
		abort();
	command = fork();
	if (command == 0) {
		int null = open("/dev/null", O_WRONLY);
		dup2(message, 0);
		dup2(null, 1);
		execlp(option.work, option.work, (char *)NULL);
		_exit(127);
	}
	close(message);
}

static void begin_turn(const char *text, size_t n)
{
	char head[64];

	busy = true;
	turns++;
	at_work.n = 0;
	add(&at_work, text, n);
	snprintf(head, sizeof(head), "MSG %zu", n);
	note(head, text, n);
	set_title("⠂");
	print_s("· Working… (esc to interrupt)");
	hook("prompt", text, n);
	turn_ends = now_ms() + option.turn_ms;
	if (option.work)
		start_work(text, n);
	else
		start_command(text);
	start_to_hang(text);
	if (option.menu || strstr(text, "menu:"))
		open_menu();
}

static void end_turn(const char *word, bool told)
{
	struct message *next = queue;

	if (command > 0) {
		kill(command, SIGKILL);
		waitpid(command, NULL, 0);
	}
	command = 0;
	free(hangs_until);
	hangs_until = NULL;
	busy = menu_open = false;
	hears_from = now_ms() + option.deaf;
	print_s(word);
	set_title("✳");
	if (told)
		hook("stop", "", 0);
	if (option.exit_after && turns >= option.exit_after)
		leave(option.exit_code);
	if (!next)
		return;
	queue = next->next;
	begin_turn(next->text.s, next->text.n);
	free(next->text.s);
	free(next);
}

static void enqueue(void)
{
	struct message *m = calloc(1, sizeof(*m)), **end = &queue;

	while (*end)
		end = &(*end)->next;
	if (!m)
		abort();
	add(&m->text, box.s, box.n);
	*end = m;
	clear_box();
	print_s("(queued)");
}

static void submit(void)
{
	struct text t = { 0 };

	if (!box.n || (busy && option.no_queue))
		return;
	if (busy) {
		enqueue();
		return;
	}
	add(&t, box.s, box.n);
	if (!option.late_box)
		clear_box();
	print(t.s, t.n > 200 ? 200 : t.n);
	begin_turn(t.s, t.n);
	free(t.s);
	if (!option.late_box)
		return;
	usleep((useconds_t)option.late_box * 1000);
	clear_box();
	draw_box();
}

/* A turn is over when its time is and its command has ended; a menu holds it up. */
static void look_at_turn(void)
{
	if (command > 0 && waitpid(command, NULL, WNOHANG) == command)
		command = 0;
	if (busy && !menu_open && !command && !hangs() && now_ms() >= turn_ends)
		end_turn("● Done.", true);
}

/* Keys */

static void escape(void)
{
	static int64_t first;

	if (!busy || (option.put_back && box.n))
		return;
	if (option.double_escape && now_ms() - first > 600) {
		first = now_ms();
		return;
	}
	note("ESCAPE", NULL, 0);
	if (option.put_back)
		add(&box, at_work.s, at_work.n);
	end_turn("⎿ Interrupted", !option.silent_escape);
}

static void menu_key(char c)
{
	const char *line = c == '\r' ? "DANGER"
		: c == '1'           ? "ANSWER 1"
		: c == '2'           ? "ANSWER 2"
				     : NULL;

	if (!line)
		return;
	if (option.deaf_menu) {
		option.deaf_menu = false;
		return;
	}
	note(line, NULL, 0);
	menu_open = false;
	if (c == '2')
		end_turn("⎿ Rejected", true);
}

static void enter(void)
{
	if (option.menu_on_enter && busy) {
		option.menu_on_enter = false;
		open_menu();
	} else if (option.swallow > 0)
		option.swallow--;
	else
		submit();
}

static void rub_out(void)
{
	while (box.n && ((unsigned char)box.s[box.n - 1] & 0xc0) == 0x80)
		box.n--;
	box.n -= box.n > 0;
}

static void key(char c)
{
	if (now_ms() < hears_from)
		return;
	if (menu_open)
		menu_key(c);
	else if (c == '\r')
		enter();
	else if (c == 0x15)
		clear_box();
	else if (c == 0x7f)
		rub_out();
	else if ((c == 0x03 || c == 0x04) && !box.n)
		leave(0);
	else if (c == 0x03)
		clear_box();
	else if (c == '\n' || c == '\t' || (unsigned char)c >= 0x20)
		add(&box, &c, 1);
}

static void paste_byte(char c)
{
	bool after_cr = paste_cr;

	paste_cr = c == '\r';
	if (menu_open || (after_cr && c == '\n'))
		return;
	add(&box, c == '\r' ? "\n" : &c, 1);
}

/* s begins with ESC: how many bytes it takes; 0: more must come. */
static size_t sequence(const char *s, size_t n)
{
	size_t i = 2;

	if (n > 1 && s[1] == 033 && option.double_escape)
		return 2;
	if (n < 2 || s[1] != '[')
		return n < 2 ? 0 : 1;
	while (i < n && (unsigned char)s[i] < 0x40)
		i++;
	return i < n ? i + 1 : 0;
}

static bool is_sequence(const char *s, size_t n, const char *what)
{
	return n == strlen(what) && memcmp(s, what, n) == 0;
}

/* Takes what is complete out of `in`; `late`: nothing more comes, so a lone ESC is the key. */
static void take_input(struct text *in, bool late)
{
	size_t at = 0;

	while (at < in->n) {
		const char *s = in->s + at;
		size_t n = *s == 033 ? sequence(s, in->n - at) : 1;
		if (!n && !late)
			break;
		if (!n || (n == 1 && *s == 033 && !pasting)) {
			n = 1;
			escape();
		} else if (is_sequence(s, n, "\033[200~")) {
			pasting = true;
			paste_cr = false;
			pasted_at = box.n;
		} else if (is_sequence(s, n, "\033[201~")) {
			pasting = false;
			usleep((useconds_t)option.slow_paste * 1000);
			if (option.file_paste && (long)(box.n - pasted_at) >= option.file_paste) {
				box.n = pasted_at;
				add(&box, "<file>", strlen("<file>"));
			}
			if (option.menu_on_paste && busy && !menu_open)
				open_menu();
		} else if (pasting) {
			for (size_t i = 0; i < n; i++)
				paste_byte(s[i]);
		} else if (n == 1) {
			key(*s);
		}
		at += n;
	}
	if (at)
		memmove(in->s, in->s + at, in->n - at);
	in->n -= at;
}

static void wait_for(struct text *in)
{
	struct pollfd p = { .fd = 0, .events = POLLIN };
	int64_t left = turn_ends - now_ms();
	int nap = command || hangs_until || left > 20 ? 20 : left > 0 ? (int)left : 0;
	int ready = poll(&p, 1, in->n ? 30 : busy && !menu_open ? nap : -1);
	char bytes[4096];

	if (ready > 0) {
		ssize_t n = read(0, bytes, sizeof(bytes));
		if (n <= 0)
			leave(1);
		add(in, bytes, (size_t)n);
	}
	take_input(in, ready == 0);
	look_at_turn();
	if (ready != 0)
		draw_box();
}

static long number(const char *s)
{
	return s ? strtol(s, NULL, 10) : 0;
}

static void read_options(char **argv)
{
	const struct {
		const char *name;
		long *number;
		bool *flag;
	} table[] = {
		{ "--start-ms", &option.start_ms, NULL },
		{ "--turn-ms", &option.turn_ms, NULL },
		{ "--swallow", &option.swallow, NULL },
		{ "--exit-after", &option.exit_after, NULL },
		{ "--file-paste", &option.file_paste, NULL },
		{ "--slow-paste", &option.slow_paste, NULL },
		{ "--late-box", &option.late_box, NULL },
		{ "--deaf", &option.deaf, NULL },
		{ "--late-menu", &option.late_menu, NULL },
		{ "--menu", NULL, &option.menu },
		{ "--quiet-menu", NULL, &option.quiet_menu },
		{ "--deaf-menu", NULL, &option.deaf_menu },
		{ "--menu-on-paste", NULL, &option.menu_on_paste },
		{ "--menu-on-enter", NULL, &option.menu_on_enter },
		{ "--double-escape", NULL, &option.double_escape },
		{ "--put-back", NULL, &option.put_back },
		{ "--no-queue", NULL, &option.no_queue },
		{ "--no-hooks", NULL, &option.no_hooks },
		{ "--silent-escape", NULL, &option.silent_escape },
	};

	for (argv++; *argv; argv++) {
		bool known = false;
		for (size_t i = 0; i < sizeof(table) / sizeof(*table) && !known; i++) {
			known = strcmp(*argv, table[i].name) == 0;
			if (known && table[i].number)
				*table[i].number = number(*++argv);
			else if (known)
				*table[i].flag = true;
		}
		if (known && strcmp(argv[-1], "--exit-after") == 0)
			option.exit_code = (int)number(*++argv);
		else if (!known && strcmp(*argv, "--resume") == 0)
			option.resume = *++argv;
		else if (!known && strcmp(*argv, "--do") == 0)
			option.work = *++argv;
		else if (!known && strcmp(*argv, "--session") == 0)
			argv++;
		else if (!known)
			option.prompt = *argv;
	}
	option.menu |= option.quiet_menu;
}

int main(int argc, char **argv)
{
	struct text in = { 0 };
	char line[256];

	(void)argc;
	read_options(argv);
	if (option.start_ms)
		usleep((useconds_t)option.start_ms * 1000);
	open_terminal();
	note("START", NULL, 0);
	snprintf(line, sizeof(line), "resumed %s", option.resume ? option.resume : "");
	print_s(option.resume ? line : "standin: at your service");
	set_title("✳");
	hook("start", "", 0);
	if (option.prompt)
		begin_turn(option.prompt, strlen(option.prompt));
	for (;;)
		wait_for(&in);
}
