#include "op/ps.h"

#include "base/clock.h"
#include "cmd/face.h"

enum { IN_SESSION = 15, IN_NUMBER = 10 };

static char *bytes_shown(int64_t n)
{
	static const char units[] = "KMGT";
	double value = (double)n / 1024;
	size_t unit = 0;

	while (value >= 1000 && units[unit + 1]) {
		value /= 1024;
		unit++;
	}
	return str_format(value < 10 && unit ? "%.1f%c" : "%.0f%c", value, units[unit]);
}

/* As ps(1) and top(1) show it: minutes and seconds. */
static char *time_shown(int64_t ms)
{
	return str_format("%lld:%02lld.%lld", (long long)(ms / 60000), (long long)(ms / 1000 % 60),
		(long long)(ms / 100 % 10));
}

static void print_row(const struct face *f, const struct ps_row *r)
{
	AUTO(str_release)
	char *agent = r->agent > 0 ? str_format("%d", (int)r->agent) : str_dup("-");
	AUTO(str_release) char *processes = str_format("%d", r->processes);
	AUTO(str_release) char *rss = bytes_shown(r->rss);
	AUTO(str_release) char *pss = bytes_shown(r->pss);
	AUTO(str_release) char *cpu = time_shown(r->cpu_ms);
	AUTO(str_release) char *age = clock_age(r->age_ms);
	const char *const cells[] = { agent, processes, rss, pss, cpu };

	face_cell(f, INK_BOLD, IN_SESSION, r->session);
	for (size_t i = 0; i < COUNT_OF(cells); i++)
		face_cell(f, INK_NONE, IN_NUMBER, cells[i]);
	face_cell(f, INK_NONE, 0, age);
	face_print(f, "\n");
}

static void print_orphans(const struct face *f, const struct ps_row *r)
{
	if (!r->orphans.n)
		return;
	face_ink(f, INK_YELLOW, "!");
	face_print(f, " %s: nobody looks after", r->session);
	for (size_t i = 0; i < r->orphans.n; i++)
		face_print(f, "%s %d (%s)", i ? "," : "", (int)r->orphans.v[i].pid,
			r->orphans.v[i].comm);
	if (r->alive)
		face_print(f, "; ao session kill %s ends it all\n", r->session);
	else
		face_print(f, "; ao doctor --fix ends %s\n", r->orphans.n > 1 ? "them" : "it");
}

static void print(const struct face *f, const struct ps *ps)
{
	bool any = false;

	for (size_t i = 0; i < ps->rows.n; i++) {
		if (!ps->rows.v[i].alive)
			continue;
		if (!any)
			face_ink(f, INK_DIM, "%-*s%-*s%-*s%-*s%-*s%-*sAge\n", IN_SESSION, "Session",
				IN_NUMBER, "Agent", IN_NUMBER, "Processes", IN_NUMBER, "RSS",
				IN_NUMBER, "PSS", IN_NUMBER, "CPU");
		any = true;
		print_row(f, &ps->rows.v[i]);
	}
	for (size_t i = 0; i < ps->rows.n; i++)
		print_orphans(f, &ps->rows.v[i]);
	if (!ps->rows.n)
		face_print(f, "no session runs\n");
}

static json_t *as_json(const struct ps_row *r)
{
	json_t *orphans = json_array();
	AUTO(str_release) char *started = r->alive ? clock_iso(r->started_at) : NULL;

	for (size_t i = 0; i < r->orphans.n; i++)
		json_array_append_new(orphans,
			json_pack("{s:i, s:o}", "pid", (int)r->orphans.v[i].pid, "command",
				json_text(r->orphans.v[i].comm)));
	return json_pack("{s:o, s:b, s:o, s:i, s:I, s:I, s:I, s:o, s:o}", "name",
		json_text(r->session), "running", r->alive, "pid",
		r->agent > 0 ? json_integer(r->agent) : json_null(), "processes", r->processes,
		"rssBytes", (json_int_t)r->rss, "pssBytes", (json_int_t)r->pss, "cpuMs",
		(json_int_t)r->cpu_ms, "startedAt", json_text(started), "orphans", orphans);
}

static struct err *run(struct face *f, struct world *w, const struct args *a)
{
	AUTO(ps_release) struct ps ps = { 0 };
	const struct project *p;
	json_t *list;

	(void)a;
	if (f->project)
		TRY(world_project(&p, w, f->project));
	TRY(op_ps(&ps, w, f->project));
	if (!f->json) {
		print(f, &ps);
		return NULL;
	}
	list = json_array();
	for (size_t i = 0; i < ps.rows.n; i++)
		json_array_append_new(list, as_json(&ps.rows.v[i]));
	face_json(f, list);
	return NULL;
}

const struct command cmd_ps = {
	.name = "ps",
	.summary = "what each running session costs: processes, memory, time",
	.example = "ao ps",
	.needs = NEEDS_CONFIG,
	.run = run,
};
