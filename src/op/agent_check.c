#include "op/agent_check.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/path.h"
#include "base/run.h"
#include "op/agent_dialogs.h"

/* A first run of digits and dots. */
static const char *number(const char *s)
{
	while (*s && !isdigit((unsigned char)*s))
		s++;
	return s;
}

static int compare(const char *a, const char *b)
{
	while (isdigit((unsigned char)*a) || isdigit((unsigned char)*b)) {
		char *ea, *eb;
		long x = strtol(a, &ea, 10), y = strtol(b, &eb, 10);
		if (x != y)
			return x < y ? -1 : 1;
		a = *ea == '.' ? ea + 1 : "";
		b = *eb == '.' ? eb + 1 : "";
	}
	return 0;
}

enum tri agent_version_known(const char *versions, const char *said)
{
	const char *have = said ? number(said) : "", *want = versions ? number(versions) : "";

	if (!*have || !*want)
		return TRI_UNKNOWN;
	if (str_starts(versions, ">="))
		return compare(have, want) >= 0 ? TRI_YES : TRI_NO;
	return compare(have, want) == 0 ? TRI_YES : TRI_NO;
}

static void ask_version(struct agent_check *out)
{
	AUTO(run_result_release) struct run_result r = { 0 };
	struct err *e = RUN(&r, .argv = ARGV(out->program, "--version"), .timeout_ms = 5000);

	if (e) {
		err_drop(e, "it does not say its version");
		return;
	}
	buf_cut(&r.out, strcspn(buf_text(&r.out), "\n"));
	buf_trim(&r.out);
	if (!r.code && r.out.n && r.out.n < 200)
		out->version = buf_detach(&r.out);
}

/* ---- what each agent keeps in the user's home ------------------------------------------------ */

static bool in_home(const char *name)
{
	AUTO(str_release) char *path = path_join(path_home(), name);

	return path_exists(path);
}

static const struct state {
	const char *name;
	const char *login[3]; /* files in HOME of which one is there when logged in */
	const char *key[3];   /* or one of these is set */
} states[] = {
	{ "claude-code", { ".claude/.credentials.json" },
		{ "ANTHROPIC_API_KEY", "CLAUDE_CODE_OAUTH_TOKEN" } },
	{ "codex", { ".codex/auth.json" }, { "OPENAI_API_KEY" } },
	{ "gemini", { ".gemini/oauth_creds.json" }, { "GEMINI_API_KEY", "GOOGLE_API_KEY" } },
	{ "opencode", { ".local/share/opencode/auth.json" }, { NULL } },
};

static void look_for_login(struct agent_check *out, const struct state *s)
{
	for (size_t i = 0; i < COUNT_OF(s->login); i++) {
		if (s->login[i] && in_home(s->login[i]))
			out->logged_in = TRI_YES;
		if (s->key[i] && !str_empty(getenv(s->key[i])))
			out->logged_in = TRI_YES;
	}
	/* a login may also lie in a keyring, so none seen is unknown, not no */
}

/* ---- are its hooks heard? -------------------------------------------------------------------- */

/* Why somebody but root could write there; NULL: nobody, or it is not there. */
static const char *not_roots_alone(const char *path)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return NULL;
	return st.st_uid != 0      ? "is not root's"
		: st.st_mode & 022 ? "can be written by its group or others"
				   : NULL;
}

/* Gemini CLI (its source, 0.61.0) passes over the file with our hooks unless it and all folders above it are root's
 * alone; /usr/local is not so on Debian, nor is a home. */
char *agent_hooks_ignored(const struct agent *a)
{
	AUTO(str_release) char *path = NULL;

	if (!a->hooks_dir || !str_equal(a->hooks, "gemini"))
		return NULL;
	path = path_join(a->hooks_dir, "settings.json");
	for (;;) {
		const char *why = not_roots_alone(path);
		char *above;

		if (why)
			return str_format(
				"%s ignores ao's hooks, since %s %s, and reports nothing; "
				"have all folders of them root's alone (sudo chown "
				"root PATH, sudo chmod go-w PATH), as a package of ao "
				"in /usr does",
				a->name, path, why);
		above = path_dir(path);
		if (str_equal(above, path)) {
			free(above);
			return NULL;
		}
		free(path);
		path = above;
	}
}

void op_agent_check(struct agent_check *out, const struct agent *a, const struct config *c,
	const char *root, bool ask)
{
	const char *program = agent_program(a);
	AUTO(str_release) char *why = NULL;
	const char *hint = NULL;

	out->name = str_dup(a->name);
	out->program = path_program(program);
	if (!out->program) {
		why = path_no_program(program);
		out->hint = str_format("install it: %s", why);
		return;
	}
	/* a program whose data names no versions may take --version for its first prompt */
	if (ask && a->versions && (!a->from_config || (c && c->trusted)))
		ask_version(out);
	out->known = agent_version_known(a->versions, out->version);
	for (size_t i = 0; i < COUNT_OF(states); i++)
		if (str_equal(states[i].name, a->name))
			look_for_login(out, &states[i]);
	out->no_dialogs = agent_asks_nothing(&hint, a, root);
	str_set(&out->hint, hint);
	if (out->known == TRI_NO && !out->hint)
		out->hint = str_format(
			"its screens were seen on %s: activity may be told wrongly", a->versions);
	if (!out->hint)
		out->hint = agent_hooks_ignored(a);
}

void agent_check_release(struct agent_check *c)
{
	free(c->name);
	free(c->program);
	free(c->version);
	free(c->hint);
	*c = (struct agent_check){ 0 };
}
