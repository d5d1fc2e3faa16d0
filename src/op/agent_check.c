#include "op/agent_check.h"

#include <ctype.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/path.h"
#include "base/run.h"

enum { STATE_MAX = 64 << 20 }; /* ~/.claude.json grows with its history */

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

static json_t *read_json(const char *name)
{
	AUTO(str_release) char *path = path_join(path_home(), name);
	AUTO(buf_release) struct buf text = { 0 };
	struct err *e = file_read(&text, path, STATE_MAX);

	if (e) {
		err_drop(e, "no such file, no answer");
		return NULL;
	}
	return json_loadb(text.s ? text.s : "", text.n, 0, NULL);
}

static void json_release(json_t **j)
{
	json_decref(*j);
}

static enum tri claude_dialogs(const char *root)
{
	AUTO(json_release) json_t *j = read_json(".claude.json");
	json_t *project = json_object_get(json_object_get(j, "projects"), root ? root : "");

	if (!j)
		return TRI_NO; /* it has never run here */
	if (!json_is_true(json_object_get(j, "hasCompletedOnboarding")))
		return TRI_NO;
	if (!root)
		return TRI_UNKNOWN;
	return json_is_true(json_object_get(project, "hasTrustDialogAccepted")) ? TRI_YES : TRI_NO;
}

static enum tri gemini_dialogs(const char *root)
{
	AUTO(json_release) json_t *trusted = read_json(".gemini/trustedFolders.json");
	AUTO(json_release) json_t *settings = read_json(".gemini/settings.json");
	json_t *security = json_object_get(settings, "security");

	if (json_is_false(json_object_get(json_object_get(security, "folderTrust"), "enabled")))
		return TRI_YES;
	if (!root)
		return TRI_UNKNOWN;
	/* it asks per path, so a new worktree is asked about even where its repository is trusted */
	return json_object_get(trusted, root) ? TRI_UNKNOWN : TRI_NO;
}

/* TOML; only the header that Codex itself writes is looked for. */
static enum tri codex_dialogs(const char *root)
{
	AUTO(str_release) char *path = path_join(path_home(), ".codex/config.toml");
	AUTO(str_release) char *header = str_format("[projects.\"%s\"]", root ? root : "");
	AUTO(buf_release) struct buf text = { 0 };
	struct err *e = file_read(&text, path, STATE_MAX);
	const char *at;

	if (e) {
		err_drop(e, "no such file, nothing trusted");
		return root ? TRI_NO : TRI_UNKNOWN;
	}
	at = root ? strstr(buf_text(&text), header) : NULL;
	if (!root)
		return TRI_UNKNOWN;
	at = at ? at + strlen(header) : NULL;
	return at && strstr(at, "trusted") &&
			(!strchr(at, '[') || strstr(at, "trusted") < strchr(at, '['))
		? TRI_YES
		: TRI_NO;
}

static enum tri no_dialogs(const char *root)
{
	(void)root;
	return TRI_YES;
}

static const struct state {
	const char *name;
	const char *login[3]; /* files in HOME of which one is there when logged in */
	const char *key[3];   /* or one of these is set */
	enum tri (*dialogs)(const char *root);
	const char *hint; /* when it would ask */
} states[] = {
	{ "claude-code", { ".claude/.credentials.json" },
		{ "ANTHROPIC_API_KEY", "CLAUDE_CODE_OAUTH_TOKEN" }, claude_dialogs,
		"start claude once in the main checkout and answer its questions" },
	{ "codex", { ".codex/auth.json" }, { "OPENAI_API_KEY" }, codex_dialogs,
		"start codex once in the main checkout and trust the folder" },
	{ "gemini", { ".gemini/oauth_creds.json" }, { "GEMINI_API_KEY", "GOOGLE_API_KEY" },
		gemini_dialogs,
		"trust the folder of the worktrees in gemini, or set security.folderTrust.enabled "
		"to false" },
	{ "opencode", { ".local/share/opencode/auth.json" }, { NULL }, no_dialogs, NULL },
};

static void look_at_state(struct agent_check *out, const struct state *s, const char *root)
{
	for (size_t i = 0; i < COUNT_OF(s->login); i++) {
		if (s->login[i] && in_home(s->login[i]))
			out->logged_in = TRI_YES;
		if (s->key[i] && !str_empty(getenv(s->key[i])))
			out->logged_in = TRI_YES;
	}
	/* a login may also lie in a keyring, so none seen is unknown, not no */
	out->no_dialogs = s->dialogs(root);
	if (out->no_dialogs == TRI_NO && s->hint)
		str_set(&out->hint, s->hint);
}

void op_agent_check(struct agent_check *out, const struct agent *a, const struct config *c,
	const char *root, bool ask)
{
	const char *program = a->command.n ? a->command.v[0] : "";
	AUTO(str_release) char *why = NULL;

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
			look_at_state(out, &states[i], root);
	if (out->known == TRI_NO && !out->hint)
		out->hint = str_format(
			"its screens were seen on %s: activity may be told wrongly", a->versions);
}

void agent_check_release(struct agent_check *c)
{
	free(c->name);
	free(c->program);
	free(c->version);
	free(c->hint);
	*c = (struct agent_check){ 0 };
}
