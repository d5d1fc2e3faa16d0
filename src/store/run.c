#include "store/run.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/kv.h"
#include "base/path.h"
#include "base/proc.h"
#include "base/term.h"

enum { WORDS_WAIT_MS = 1500, WORDS_LINES = 20, WORDS_MAX = 16 << 10 };
enum { HELPER_MS = 10000, BELOW_MAX = 256, CLOCK_SLACK_MS = 1500 };

static struct err *read_kv(struct kv *kv, bool *found, const char *folder, const char *name)
{
	AUTO(str_release) char *path = path_join(folder, name);
	AUTO(buf_release) struct buf b = { 0 };

	TRY(file_read_if(&b, found, path, 65536));
	kv_parse(kv, buf_text(&b), b.n, NULL);
	return NULL;
}

static int64_t number(const struct kv *kv, const char *key)
{
	const char *text = kv_get(kv, key);

	return text ? strtoll(text, NULL, 10) : 0;
}

/* On a home shared by machines a lock speaks only for the machine that holds it. The same boot is the
 * same machine, whatever its name has become. */
static bool elsewhere(const struct kv *kv)
{
	const char *host = kv_get(kv, "host"), *boot = kv_get(kv, "bootId");
	char here[256] = "";

	if (!str_empty(boot) && str_equal(boot, clock_boot_id()))
		return false;
	return host && gethostname(here, sizeof(here) - 1) == 0 && !str_equal(host, here);
}

static void read_run(struct run_info *r, const struct kv *kv)
{
	const char *boot = kv_get(kv, "bootId");

	r->supervisor = (pid_t)number(kv, "supervisor");
	r->pid = (pid_t)number(kv, "pid");
	r->pid_start = number(kv, "pidStart");
	r->reboot = boot && *boot && *clock_boot_id() && !str_equal(boot, clock_boot_id());
	clock_parse(&r->started_at, kv_get(kv, "startedAt"));
	r->process = str_dup(kv_get(kv, "process"));
}

void run_read(struct run_info *r, const char *folder)
{
	AUTO(str_release) char *lock = path_join(folder, "run.lock");
	AUTO(kv_release) struct kv run = { 0 }, end = { 0 };
	struct err *e;

	run_info_release(r);
	r->alive = lock_held(lock);
	e = read_kv(&run, &r->has_run, folder, "run");
	if (r->has_run)
		read_run(r, &run);
	if (r->alive == TRI_NO && (e || (r->has_run && elsewhere(&run))))
		r->alive = TRI_UNKNOWN;
	err_drop(e, "it may say that it runs elsewhere");
	err_drop(read_kv(&end, &r->has_exit, folder, "exit"), "as if it were not there");
	if (r->has_exit) {
		r->exit_code = (int)number(&end, "code");
		r->exit_signal = (int)number(&end, "signal");
		clock_parse(&r->ended_at, kv_get(&end, "endedAt"));
	}
}

static void await_words(const char *folder, const char *screen)
{
	AUTO(str_release) char *lock = path_join(folder, "run.lock");
	int64_t until = clock_mono() + WORDS_WAIT_MS;
	struct err *e = NULL;

	while (!e && !path_exists(screen) && lock_held(lock) == TRI_YES && clock_mono() < until)
		e = clock_sleep(2);
	err_drop(e, "they are not waited for");
}

static void last_lines(struct strv *out, char *text)
{
	AUTO(strv_release) struct strv all = { 0 };
	char *save = NULL;

	for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
		if (line[strspn(line, " \t")])
			strv_add(&all, line);
	for (size_t i = all.n > WORDS_LINES ? all.n - WORDS_LINES : 0; i < all.n; i++)
		strv_add(out, all.v[i]);
}

void run_last_words(struct strv *out, const char *folder)
{
	AUTO(str_release) char *screen = path_join(folder, "screen");
	AUTO(str_release) char *output = path_join(folder, "output");
	AUTO(buf_release) struct buf text = { 0 }, safe = { 0 };
	bool found;

	await_words(folder, screen);
	err_drop(file_read_tail_if(&text, &found, screen, WORDS_MAX), "as if it were not there");
	if (!found)
		err_drop(file_read_tail_if(&text, &found, output, WORDS_MAX), "nor that");
	term_safe(&safe, buf_text(&text), text.n, TERM_TEXT);
	if (safe.n)
		last_lines(out, safe.s);
}

static bool is_command(
	const struct run_info *r, const struct proc *p, const struct proc *agent, int64_t turn_ms)
{
	if (p->state == 'Z' || proc_started_after(p, agent) <= HELPER_MS ||
		proc_is(p->pid, r->process))
		return false;
	return turn_ms < 0 || proc_age(p) <= turn_ms + CLOCK_SLACK_MS;
}

bool run_has_command(const struct run_info *r, int64_t turn_ms)
{
	AUTO(pids_release) struct pids todo = { 0 };
	struct proc agent;

	if (r->pid <= 0 || !proc_read(&agent, r->pid))
		return false;
	proc_children(&todo, r->pid);
	for (size_t i = 0; i < todo.n && i < BELOW_MAX; i++) {
		struct proc p;
		if (!proc_read(&p, todo.v[i]))
			continue;
		if (is_command(r, &p, &agent, turn_ms))
			return true;
		proc_children(&todo, p.pid);
	}
	return false;
}

void run_info_release(struct run_info *r)
{
	str_release(&r->process);
	*r = (struct run_info){ 0 };
}
