#include "run/record.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/kv.h"
#include "base/path.h"
#include "base/proc.h"
#include "base/run.h"

enum { SCREEN_MS = 1000 };

static struct err *put_record(const char *folder, const char *name, const struct kv *kv)
{
	AUTO(str_release) char *path = path_join(folder, name);
	AUTO(buf_release) struct buf b = { 0 };

	kv_write(&b, kv);
	return file_replace(path, b.s, b.n, FILE_VOLATILE);
}

static void set_number(struct kv *kv, const char *key, uint64_t number)
{
	AUTO(str_release) char *text = str_format("%llu", (unsigned long long)number);

	kv_set(kv, key, text);
}

static void set_now(struct kv *kv, const char *key)
{
	AUTO(str_release) char *now = clock_iso_ms(clock_wall());

	kv_set(kv, key, now);
	kv_set(kv, "bootId", clock_boot_id());
}

struct err *record_run(const char *folder, pid_t agent, const char *process)
{
	AUTO(kv_release) struct kv kv = { 0 };
	char host[256] = "";

	gethostname(host, sizeof(host) - 1);
	set_number(&kv, "supervisor", (uint64_t)getpid());
	set_number(&kv, "supervisorStart", proc_start(getpid()));
	set_number(&kv, "pid", (uint64_t)agent);
	set_number(&kv, "pidStart", proc_start(agent));
	kv_set(&kv, "host", host);
	kv_set(&kv, "process", process);
	set_now(&kv, "startedAt");
	return put_record(folder, "run", &kv);
}

void record_exit(const char *folder, const char *key, int number, const char *error)
{
	AUTO(kv_release) struct kv kv = { 0 };
	struct err *e;

	set_number(&kv, key, (uint64_t)number);
	kv_set(&kv, "error", error);
	set_now(&kv, "endedAt");
	e = put_record(folder, "exit", &kv);
	if (e)
		fprintf(stderr, "ao-run: %s\n", e->text);
	err_free(e);
}

void record_screen(const char *folder)
{
	const char *pane = getenv("TMUX_PANE");
	AUTO(str_release) char *path = path_join(folder, "screen");
	AUTO(run_result_release) struct run_result r = { 0 };
	struct err *e;

	if (str_empty(pane))
		return;
	e = RUN(&r, .argv = ARGV("tmux", "-u", "-N", "capture-pane", "-p", "-t", pane),
		.timeout_ms = SCREEN_MS);
	buf_trim(&r.out);
	if (!e && !r.code && r.out.n)
		e = file_replace(path, r.out.s, r.out.n, FILE_VOLATILE);
	err_drop(e, "a convenience");
}

struct err *record_remove_old(const char *folder)
{
	static const char *const names[] = { "run", "exit", "hurry", "screen" };

	for (size_t i = 0; i < COUNT_OF(names); i++) {
		AUTO(str_release) char *path = path_join(folder, names[i]);
		TRY(file_remove(path));
	}
	return NULL;
}
