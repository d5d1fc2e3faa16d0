#include "base/clock.h"
#include "cmd/status_table.h"

enum { IN_LABEL = 14, IN_VALUE = 16, IN_SOURCE = 14, IN_AGE = 6 };

static void print_time(const struct face *f, const struct view *v, int64_t at)
{
	AUTO(str_release) char *age = at ? clock_age(v->facts.now - at) : str_dup("-");

	face_cell(f, INK_NONE, IN_AGE, age);
}

/* value, source, age, detail; the one that decided carries a star */
static void print_fact(const struct face *f, const struct view *v, int i)
{
	const struct fact *fact = &v->facts.v[i];

	face_print(f, "  %s ", i == v->activity.by ? "*" : " ");
	face_cell(f, activity_ink(fact->says), IN_VALUE,
		fact->says ? activity_word(fact->says) : "says nothing");
	face_cell(f, INK_NONE, IN_SOURCE, source_word(fact->source));
	print_time(f, v, fact->at);
	face_cell(f, INK_NONE, 0, fact->detail ? fact->detail : "");
	face_print(f, "\n");
}

static void print_known(const struct face *f, const char *label, const char *value,
	const char *source, const struct view *v, int64_t at)
{
	AUTO(str_release) char *safe = term_line(value);

	face_print(f, "    ");
	face_cell(f, INK_NONE, IN_LABEL, label);
	face_cell(f, INK_NONE, IN_VALUE + 8, safe);
	face_cell(f, INK_NONE, at ? IN_SOURCE : 0, source);
	if (at) {
		AUTO(str_release) char *age = clock_age(v->facts.now - at);

		face_cell(f, INK_NONE, 0, age);
	}
	face_print(f, "\n");
}

static char *exit_text(const struct facts *f)
{
	if (!f->has_exit)
		return str_dup("not ended");
	return f->exit_signal ? str_format("ended by signal %d", f->exit_signal)
			      : str_format("exit code %d", f->exit_code);
}

static char *pull_text(const struct pull *p, int64_t now)
{
	static const char *const states[] = { "none known", "open", "merged", "closed" };
	const char *ci = ci_word(p->ci), *review = review_word(p->review);
	AUTO(str_release) char *age = p->seen_at ? clock_age(now - p->seen_at) : NULL;

	if (!p->state)
		return str_dup(states[0]);
	return str_format("#%d %s, checks %s, review %s, %d open thread%s%s%s%s%s", p->number,
		states[p->state], ci ? ci : "unknown", review ? review : "unknown", p->threads,
		p->threads == 1 ? "" : "s", p->conflict ? ", conflict" : "",
		age ? "; the forge said so " : "", age ? age : "", age ? " ago" : "");
}

static void print_knowns(const struct face *f, const struct view *v)
{
	const struct facts *k = &v->facts;
	AUTO(str_release) char *ended = exit_text(k);
	AUTO(str_release) char *pull = pull_text(&k->pull, k->now);

	print_known(f, "runtime", tri_word(k->runtime, "alive", "gone"),
		k->reboot ? "another boot" : "run.lock", v, k->started_at);
	print_known(f, "process", ended, "exit", v, 0);
	print_known(f, "worktree", k->has_workspace ? "there" : "gone", "files", v, 0);
	print_known(f, "turn", k->turn_open_at ? "open" : "none open", "hook", v, k->turn_open_at);
	print_known(f, "recorded", status_word(k->recorded), "metadata", v, 0);
	if (k->limited_until)
		print_known(f, "quota", "spent", "its words", v, 0);
	if (k->limit_known)
		print_known(f, "waits until", v->session.limited_until, "metadata", v, 0);
	if (k->half_done)
		print_known(f, "at work", v->session.doing ? v->session.doing : "a verb",
			"metadata", v, 0);
	face_print(f, "    ");
	face_cell(f, INK_NONE, IN_LABEL, "pull request");
	face_cell(f, INK_NONE, 0, pull);
	face_print(f, "\n");
}

void why_print(const struct face *f, const struct view *v, const char *reason)
{
	AUTO(str_release) char *why = term_line(reason);

	face_ink(f, INK_BOLD, "%s", v->session.id);
	face_print(f, " is ");
	face_ink(f, status_ink(v->status.status), "%s", status_word(v->status.status));
	face_print(f, "%s%s\n", *why ? ": " : "", why);
	face_print(f, "The agent is ");
	face_ink(f, activity_ink(v->activity.activity), "%s", activity_word(v->activity.activity));
	face_print(
		f, "%s%s\n", v->activity.why ? ": " : "", v->activity.why ? v->activity.why : "");
	face_print(f, "\nWhat says what the agent does, best evidence first (* decided):\n");
	for (int i = 0; i < v->facts.n; i++)
		print_fact(f, v, i);
	if (v->facts.n == 0)
		face_print(f, "    nothing was seen yet\n");
	face_print(f, "\nWhat else is known:\n");
	print_knowns(f, v);
}
