/*
 * timer ROUNDS A… [-- B…]: runs A and B by turns, the first round uncounted, and prints for each on
 * a line: median, least and most milliseconds from before the start until it was reaped, the median
 * of its processor time in milliseconds, and its peak memory in KiB (getrusage(2), ru_maxrss). "{}" in
 * a word becomes the number of the round. Output goes nowhere. A run that does not exit with 0 ends it
 * with status 1.
 */
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { WORDS = 64, ROUNDS = 1000, WORD = 4096 };

struct job {
	char **words;
	double ms[ROUNDS], cpu[ROUNDS];
	long peak;
};

static double now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static double cpu_ms(const struct rusage *u)
{
	return (double)(u->ru_utime.tv_sec + u->ru_stime.tv_sec) * 1e3 +
		(double)(u->ru_utime.tv_usec + u->ru_stime.tv_usec) / 1e3;
}

static char *fill_in(char s[WORD], const char *word, int round)
{
	const char *at = strstr(word, "{}");
	size_t n = 0;

	for (; at && n < WORD; word = at + 2, at = strstr(word, "{}"))
		n += (size_t)snprintf(s + n, WORD - n, "%.*s%d", (int)(at - word), word, round);
	if (n < WORD)
		n += (size_t)snprintf(s + n, WORD - n, "%s", word);
	if (n >= WORD) {
		fprintf(stderr, "timer: a word is too long\n");
		exit(2);
	}
	return s;
}

static bool run(struct job *job, int round, posix_spawn_file_actions_t *quiet)
{
	static char words[WORDS][WORD];
	char *argv[WORDS + 1] = { 0 };
	struct rusage usage;
	double from;
	int status = 0, e;
	pid_t pid;

	for (int n = 0; n < WORDS && job->words[n]; n++)
		argv[n] = fill_in(words[n], job->words[n], round);
	if (!argv[0]) {
		fprintf(stderr, "timer: no command\n");
		return false;
	}
	from = now_ms();
	e = posix_spawnp(&pid, argv[0], quiet, NULL, argv, environ);
	if (e) {
		fprintf(stderr, "timer: %s: %s\n", argv[0], strerror(e));
		return false;
	}
	while (wait4(pid, &status, 0, &usage) < 0 && errno == EINTR)
		;
	job->ms[round] = now_ms() - from;
	job->cpu[round] = cpu_ms(&usage);
	if (usage.ru_maxrss > job->peak)
		job->peak = usage.ru_maxrss;
	if (status)
		fprintf(stderr, "timer: %s %s ended with status %#x\n", argv[0],
			argv[1] ? argv[1] : "", (unsigned)status);
	return status == 0;
}

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double median(double *v, int n)
{
	qsort(v, (size_t)n, sizeof(*v), by_size);
	return (v[(n - 1) / 2] + v[n / 2]) / 2;
}

static void report(struct job *job, int rounds)
{
	double *ms = job->ms + 1; /* the first round warms up */
	double middle = median(ms, rounds);

	printf("%.3f %.3f %.3f %.3f %ld\n", middle, ms[0], ms[rounds - 1],
		median(job->cpu + 1, rounds), job->peak);
}

int main(int argc, char **argv)
{
	static struct job jobs[2];
	posix_spawn_file_actions_t quiet;
	int rounds = argc > 2 ? atoi(argv[1]) : 0, n = 1;

	if (rounds < 1 || rounds >= ROUNDS) {
		fprintf(stderr, "usage: timer ROUNDS A... [-- B...]\n");
		return 2;
	}
	jobs[0].words = argv + 2;
	for (char **word = argv + 3; *word; word++)
		if (strcmp(*word, "--") == 0) {
			*word = NULL;
			jobs[1].words = word + 1;
			n = 2;
			break;
		}
	posix_spawn_file_actions_init(&quiet);
	for (int fd = 0; fd < 3 - (getenv("TIMER_STDERR") != NULL); fd++)
		posix_spawn_file_actions_addopen(&quiet, fd, "/dev/null", O_RDWR, 0);
	for (int round = 0; round <= rounds; round++)
		for (int i = 0; i < n; i++) /* who follows gets the caches: they change places */
			if (!run(&jobs[(i + round) % n], round, &quiet))
				return 1;
	for (int i = 0; i < n; i++)
		report(&jobs[i], rounds);
	return 0;
}
