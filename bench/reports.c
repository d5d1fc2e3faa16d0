/*
 * reports FOLDER SESSIONS TURNS TOOLS PER_SECOND [open]: what so many busy agents tell by `ao hook` (op/hook.c), with
 * its own code but for the start of a program: FOLDER/s-1 … s-SESSIONS each have TURNS turns of TOOLS tools, in turn
 * and so many reports a second at most; at the end each turn is over, or with `open` none is. Prints how many there
 * were and the seconds it took.
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/wake.h"
#include "store/signals.h"

static void report(const char *folder, int session, enum signal_kind kind)
{
	AUTO(str_release) char *at = str_format("%s/s-%d", folder, session);
	struct signal_line s = { .at = clock_wall(), .kind = kind, .pid = getpid() };

	err_drop(signals_append(at, &s), "counted by whoever reads it");
	wake_send(at, signal_word(kind));
}

int main(int argc, char **argv)
{
	int sessions, turns, tools, rate;
	int64_t began = clock_mono();
	long n = 0;

	if (argc != 6 && argc != 7)
		return 2;
	sessions = atoi(argv[2]);
	turns = atoi(argv[3]);
	tools = atoi(argv[4]);
	rate = atoi(argv[5]);
	for (int turn = 0; turn < turns; turn++)
		for (int step = 0; step < tools + 2; step++)
			for (int i = 1; i <= sessions; i++) {
				/* not all at the same step: some end a turn while others begin one */
				int at = (step + i) % (tools + 2);
				report(argv[1], i,
					at == 0               ? SIGNAL_PROMPT
						: at <= tools ? SIGNAL_TOOL
							      : SIGNAL_STOP);
				n++;
				while (n * 1000 / rate > clock_mono() - began)
					usleep(1000);
			}
	for (int i = 1; i <= sessions; i++)
		report(argv[1], i, argc == 7 ? SIGNAL_TOOL : SIGNAL_STOP);
	printf("%ld %.1f\n", n, (double)(clock_mono() - began) / 1000);
	return 0;
}
