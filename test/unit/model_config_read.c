/* The config reader: what it takes, what it refuses, and how it says so. */
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/buf.h"
#include "base/path.h"
#include "model/config_read.h"

#include <cmocka.h> /* last: it has a macro fail() */

static const char *env_of(void *with, const char *name)
{
	(void)with;
	if (str_equal(name, "SET"))
		return "value";
	return str_equal(name, "EMPTY") ? "" : NULL;
}

static bool is_dir(void *with, const char *path)
{
	(void)with;
	return !strstr(path, "missing");
}

static char *absolute(void *with, const char *path, const char *dir)
{
	(void)with;
	return path_absolute(path, dir);
}

static bool names(void *with, const char *slot, const char *value, struct strv *out)
{
	(void)with;
	(void)value;
	if (str_equal(slot, "agent"))
		strv_add_all(out, ARGV("claude-code", "codex"));
	else if (str_equal(slot, "runtime"))
		strv_add_all(out, ARGV("tmux", "process"));
	else
		return false;
	return true;
}

static const struct config_world world = {
	.env = env_of, .is_dir = is_dir, .absolute = absolute, .names = names
};

static void ok(struct err *e)
{
	if (e)
		fail_msg("%s", e->text);
}

static struct err *read_text(struct config *c, const char *text)
{
	return config_read(c, "/w/my-app/agent-orchestrator.yaml", "agent-orchestrator.yaml", text,
		strlen(text), &world);
}

struct refusal {
	const char *yaml, *errors;
};

static const struct refusal refusals[] = {
	{ "projects:\n  frontend:\n    path: /x/fe\n    sesionPrefix: fe\n",
		"agent-orchestrator.yaml:4:5: unknown key 'sesionPrefix' in projects.frontend (did "
		"you mean 'sessionPrefix'?)" },
	{ "prot: 1\nport: x\nport: 2\nprojects: []\n",
		"agent-orchestrator.yaml:3:1: key 'port' is given twice, first on line 2\n"
		"agent-orchestrator.yaml:1:1: unknown key 'prot' (did you mean 'port'?)\n"
		"agent-orchestrator.yaml:2:7: port must be a number from 1 to 65535\n"
		"agent-orchestrator.yaml:4:11: projects must be a map, not a list" },
	{ "port: 65536\n", "agent-orchestrator.yaml:1:7: port must be a number from 1 to 65535" },
	{ "port: [1]\n", "agent-orchestrator.yaml:1:7: port must be text, not a list" },
	{ "name: a b\n",
		"agent-orchestrator.yaml:1:7: name: 'a b' must be a plain name ([A-Za-z0-9_-]+)" },
	{ "qqqqqqqq: 1\n", "agent-orchestrator.yaml:1:1: unknown key 'qqqqqqqq'" },
	{ "checks: {a: b}\nruntime: tmux\nreactions: {ci-failed: {checks: 1}}\n",
		"agent-orchestrator.yaml:1:1: unknown key 'checks' (did you mean "
		"'projects.NAME.checks'?)\n"
		"agent-orchestrator.yaml:2:1: unknown key 'runtime' (did you mean "
		"'defaults.runtime'?)\n"
		"agent-orchestrator.yaml:3:25: unknown key 'checks' in reactions.ci-failed" },
	{ "projects: {a: {path: /x/fe, mode: keys, checks: [make]}}\n",
		"agent-orchestrator.yaml:1:29: unknown key 'mode' in projects.a\n"
		"agent-orchestrator.yaml:1:49: projects.a.checks must be a map, lines of 'name: "
		"text', not a list" },
	{ "defaults:\n\tagent: x\n",
		"agent-orchestrator.yaml:2:1: a tab, @ or ` begins nothing here: indent with "
		"spaces, quote texts" },
	{ "port: 1\n  name: a\n port: 2\n",
		"agent-orchestrator.yaml:2:7: mapping values are not allowed in this context" },
	{ "defaults:\n  agent: x\n port: 2\n",
		"agent-orchestrator.yaml:3:2: no key here: is the line, or the one above, indented "
		"as its neighbours?" },
	{ "a: [\n",
		"agent-orchestrator.yaml:2:1: did not find expected node content (while parsing a "
		"flow node)" },
	{ "a: &x 1\n",
		"agent-orchestrator.yaml:1:4: anchors (&name) are not supported: write the value "
		"out" },
	{ "a: *x\n",
		"agent-orchestrator.yaml:1:4: aliases (*name) are not supported: write the value "
		"out" },
	{ "a: !!int 1\n",
		"agent-orchestrator.yaml:1:4: tags (!name) are not supported: quote the text if it "
		"is one" },
	{ "name: a\n---\nname: b\n",
		"agent-orchestrator.yaml:2:1: a second document (---) in the file" },
	{ "[a]: b\n", "agent-orchestrator.yaml:1:1: a key must be text" },
	{ "name: \"a\\0b\"\n", "agent-orchestrator.yaml:1:7: a NUL byte in text" },
	{ "projects: {a: {}}\n",
		"agent-orchestrator.yaml:1:12: projects.a needs 'path', the folder of its main "
		"checkout" },
	{ "projects: {a: {path: missing}}\n",
		"agent-orchestrator.yaml:1:22: projects.a.path: no such folder: "
		"/w/my-app/missing" },
	{ "projects: {'a b': {path: /x}}\n",
		"agent-orchestrator.yaml:1:12: the name 'a b' in projects must be a plain name "
		"([A-Za-z0-9_-]+)" },
	{ "projects:\n  one: {path: /x/my-app}\n  two: {path: /y/my-app}\n",
		"agent-orchestrator.yaml:3:3: projects.two has the session prefix 'ma' of "
		"projects.one (set, say, sessionPrefix: two)" },
	{ "projects:\n  one: {path: /x, sessionPrefix: fe}\n  fe: {path: /y, sessionPrefix: fe}\n",
		"agent-orchestrator.yaml:3:33: projects.fe has the session prefix 'fe' of "
		"projects.one (set, say, sessionPrefix: fe2)" },
	{ "projects: {a: {path: /x, sessionPrefix: 'f e'}}\n",
		"agent-orchestrator.yaml:1:41: projects.a.sessionPrefix: 'f e' must be a plain "
		"name ([A-Za-z0-9_-]+)" },
	{ "projects: {a: {path: /x, sessionPrefix: ''}}\n",
		"agent-orchestrator.yaml:1:41: projects.a.sessionPrefix: '' must be a plain name "
		"([A-Za-z0-9_-]+)" },
	{ "projects: {a: {path: /x, agent: codx}}\n",
		"agent-orchestrator.yaml:1:33: 'codx' is not known in projects.a.agent (did you "
		"mean 'codex'?)" },
	{ "defaults: {runtime: docker}\n",
		"agent-orchestrator.yaml:1:21: 'docker' is not known in defaults.runtime: one of "
		"tmux, process" },
	{ "projects: {a: {path: /x, symlinks: [../b]}}\n",
		"agent-orchestrator.yaml:1:37: projects.a.symlinks[0]: '../b' must be a relative "
		"path without '..'" },
	{ "projects: {a: {path: /x, copy: [/etc/passwd]}}\n",
		"agent-orchestrator.yaml:1:33: projects.a.copy[0]: '/etc/passwd' must be a "
		"relative path without '..'" },
	{ "projects: {a: {path: /x, scm: {apiUrl: 'http://evil.example/api'}}}\n",
		"agent-orchestrator.yaml:1:40: projects.a.scm.apiUrl: 'http://evil.example/api' "
		"must be https, since a token is sent there (http on loopback only)" },
	{ "projects: {a: {path: /x, scm: {apiUrl: 'http://127.0.0.1.evil.example/'}}}\n",
		"agent-orchestrator.yaml:1:40: projects.a.scm.apiUrl: "
		"'http://127.0.0.1.evil.example/' must be https, since a token is sent there (http "
		"on loopback only)" },
	{ "projects: {a: {path: /x, scm: {apiUrl: 'http://localhost@evil.example/'}}}\n",
		"agent-orchestrator.yaml:1:40: projects.a.scm.apiUrl: "
		"'http://localhost@evil.example/' must be a URL without user name and blanks" },
	{ "projects: {a: {path: /x, scm: {plugin: gitub}}}\n",
		"agent-orchestrator.yaml:1:40: 'gitub' is not known in projects.a.scm.plugin (did "
		"you mean 'github'?)" },
	{ "projects: {a: {path: /x, scm: gitub, tracker: [local]}}\n",
		"agent-orchestrator.yaml:1:31: 'gitub' is not known in projects.a.scm.plugin (did "
		"you mean 'github'?)\n"
		"agent-orchestrator.yaml:1:47: projects.a.tracker must be a map, not a list" },
	{ "reactions: {ci-faild: {}}\n",
		"agent-orchestrator.yaml:1:13: 'ci-faild' is not known in reactions (did you mean "
		"'ci-failed'?)" },
	{ "reactions: {ci-failed: {auto: yes, threshold: 10, escalateAfter: soon}}\n",
		"agent-orchestrator.yaml:1:31: reactions.ci-failed.auto must be true or false\n"
		"agent-orchestrator.yaml:1:47: reactions.ci-failed.threshold must be a time such "
		"as 30s, 10m or 2h\n"
		"agent-orchestrator.yaml:1:66: reactions.ci-failed.escalateAfter: 'soon' must be a "
		"count such as 2 or a time such as 30m" },
	{ "reactions: {agent-exited: {action: auto-merge}, approved-and-green: {action: auto-merge}}\n",
		"agent-orchestrator.yaml:1:36: reactions.agent-exited.action: auto-merge is an "
		"action of approved-and-green alone" },
	{ "notifiers: {team: {webhookUrl: x}}\n",
		"agent-orchestrator.yaml:1:13: notifiers.team needs 'plugin'" },
	{ "notifiers: {a: {plugin: command, comand: x}, b: {plugin: command, command: []}, c: "
	  "{plugin: command, command: x}, d: {plugin: desktop, webhookUrl: x}}\n",
		"agent-orchestrator.yaml:1:34: unknown key 'comand' in notifiers.a (did you mean "
		"'command'?)\n"
		"agent-orchestrator.yaml:1:76: notifiers.b needs 'command', a list: the program "
		"and its arguments\n"
		"agent-orchestrator.yaml:1:111: notifiers.c.command must be a list, not text\n"
		"agent-orchestrator.yaml:1:136: unknown key 'webhookUrl' in notifiers.d" },
	{ "notificationRouting: {info: [pager, desktop, slack]}\ndefaults: {notifiers: "
	  "[command]}\n",
		"agent-orchestrator.yaml:2:24: defaults.notifiers: 'command' needs settings: "
		"define it under 'notifiers'\n"
		"agent-orchestrator.yaml:1:46: notificationRouting.info: 'slack' needs settings: "
		"define it under 'notifiers'" },
	{ "notifiers: {a: {plugin: slack, webhokUrl: x}, b: {plugin: ntfy}, c: {plugin: discord, "
	  "webhookUrl: 'http://example.org/x'}, d: {plugin: ntfy, topic: a b, url: [x]}}\n",
		"agent-orchestrator.yaml:1:32: unknown key 'webhokUrl' in notifiers.a (did you "
		"mean 'webhookUrl'?)\n"
		"agent-orchestrator.yaml:1:47: notifiers.b needs 'topic'\n"
		"agent-orchestrator.yaml:1:99: notifiers.c.webhookUrl must be https, since a "
		"token is sent there (http on loopback only)\n"
		"agent-orchestrator.yaml:1:159: notifiers.d.url must be text, not a list\n"
		"agent-orchestrator.yaml:1:149: notifiers.d.topic must be a topic "
		"([A-Za-z0-9_-]{1,64})" },
	{ "name: '${NOPE}'\n",
		"agent-orchestrator.yaml:1:7: name: the environment variable NOPE is not set "
		"(${NOPE:-…} gives a default)" },
	{ "tmux: {socket: ../x}\n",
		"agent-orchestrator.yaml:1:16: tmux.socket: '../x' must be a plain name "
		"([A-Za-z0-9_-]+)" },
	{ "trash: {days: -1}\n",
		"agent-orchestrator.yaml:1:15: trash.days must be a number from 1 to 36500" },
	{ "limits: {maxSessions: many}\n",
		"agent-orchestrator.yaml:1:23: limits.maxSessions must be a number from 1 to "
		"10000" },
	{ "agents: {x: {screen: {ready: '('}}}\n",
		"agent-orchestrator.yaml:1:30: agents.x.screen.ready: '(' must be a POSIX extended "
		"regular expression" },
	{ "",
		"agent-orchestrator.yaml:1:1: no project: add one under 'projects', or run ao init "
		"in a repository" },
	{ "projects:\n",
		"agent-orchestrator.yaml:1:1: no project: add one under 'projects', or run ao init "
		"in a repository" },
	{ "just text\n", "agent-orchestrator.yaml:1:1: the file must be a map, not text" },
};

static void test_refusals(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(refusals); i++) {
		AUTO(config_release) struct config c = { 0 };
		AUTO(err_release) struct err *e = read_text(&c, refusals[i].yaml);
		assert_non_null(e);
		assert_int_equal(e->class, ERR_CONFIG);
		assert_string_equal(e->text, refusals[i].errors);
		assert_null(c.file);
	}
}

static const char whole[] =
	"name: my-app\n"
	"dataDir: ~/data\n"
	"worktreeDir: trees\n"
	"port: 3001\n"
	"defaults: {runtime: process, agent: codex, workspace: worktree, notifiers: [team]}\n"
	"limits: {maxSessions: 7, freeMemory: 0, freeDisk: 9}\n"
	"tmux: {socket: ao}\n"
	"trash: {days: 9}\n"
	"projects:\n"
	"  frontend:\n"
	"    name: Frontend\n"
	"    repo: org/frontend\n"
	"    path: ../front-end\n"
	"    defaultBranch: trunk\n"
	"    sessionPrefix: fe\n"
	"    agent: claude-code\n"
	"    agentConfig: {permissions: skip, model: opus}\n"
	"    agentRules: |\n"
	"      Run the tests.\n"
	"      Push.\n"
	"    agentRulesFile: docs/rules.md\n"
	"    scm: {plugin: github, host: git.example.org, apiUrl: 'http://127.0.0.1:8080/api', "
	"socket: /run/gh}\n"
	"    tracker: {plugin: linear, teamId: T, workspaceSlug: W}\n"
	"    symlinks: [.env]\n"
	"    copy: [a/b]\n"
	"    postCreate: ['echo ${SHELL_SEES_THIS}']\n"
	"    preDestroy: ['docker compose down']\n"
	"    env: {NODE_ENV: '${SET}', OTHER: '${NOPE:-fallback}', E: '${EMPTY:-e}', L: '$${SET}', "
	"N: }\n"
	"    ports: 3\n"
	"    checks:\n"
	"      test: make test\n"
	"    reactions: {ci-failed: {retries: 5}}\n"
	"    limits: {maxSessions: 2}\n"
	"    orchestratorRules: ''\n"
	"    trust: [octocat]\n"
	"  backend: {path: /srv/MyBackEnd, symlinks: }\n"
	"  third: {path: /srv/third, agent: my-agent}\n"
	"agents:\n"
	"  my-agent: {command: [./agent.sh, '{prompt}'], process: agent.sh}\n"
	"notifiers:\n"
	"  team: {plugin: slack, webhookUrl: '${SET}', channel: 7}\n"
	"  own: {plugin: command, command: [./tell.sh, '${SET}']}\n"
	"notificationRouting: {urgent: [desktop, team], info: []}\n"
	"reactions: {ci-failed: {auto: true, action: send-to-agent, escalateAfter: 30m}, "
	"agent-stuck: {threshold: 10m}}\n";

static void test_whole(void **state)
{
	AUTO(config_release) struct config c = { 0 };
	const struct project *p, *q;
	const struct reaction_config *r;

	(void)state;
	ok(read_text(&c, whole));
	assert_string_equal(c.dir, "/w/my-app");
	assert_string_equal(c.worktree_dir, "/w/my-app/trees");
	assert_true(str_ends(c.data_dir, "/data"));
	assert_int_equal(c.port, 3001);
	assert_int_equal(c.max_sessions, 7);
	assert_int_equal(c.trash_days, 9);
	assert_int_equal(c.free_memory, 0);
	assert_int_equal(c.free_disk, 9);
	assert_string_equal(c.tmux_socket, "ao");
	p = config_project(&c, "frontend");
	q = config_project(&c, "backend");
	assert_string_equal(p->path, "/w/front-end");
	assert_string_equal(p->agent, "claude-code");
	assert_string_equal(q->agent, "codex");
	assert_string_equal(q->runtime, "process");
	assert_string_equal(q->prefix, "mbe");
	assert_string_equal(q->name, "backend");
	assert_string_equal(q->notifiers.v[0], "team");
	assert_string_equal(p->agent_rules, "Run the tests.\nPush.\n");
	assert_string_equal(p->permissions, "skip");
	assert_string_equal(p->scm.api_url, "http://127.0.0.1:8080/api");
	assert_string_equal(p->tracker.team_id, "T");
	assert_string_equal(p->post_create.v[0], "echo ${SHELL_SEES_THIS}");
	assert_int_equal(p->env.n, 4);
	assert_string_equal(p->env.v[0], "NODE_ENV=value");
	assert_string_equal(p->env.v[1], "OTHER=fallback");
	assert_string_equal(p->env.v[2], "E=e");
	assert_string_equal(p->env.v[3], "L=${SET}");
	assert_int_equal(p->ports, 3);
	assert_int_equal(p->max_sessions, 2);
	assert_string_equal(p->checks.v[0].text, "make test");
	r = config_reaction(&p->reactions, "ci-failed");
	assert_int_equal(r->retries, 5);
	assert_true(r->has_auto && r->automatic && r->has_retries && !r->has_threshold);
	assert_string_equal(r->action, "send-to-agent");
	assert_string_equal(r->escalate_after, "30m");
	assert_int_equal(config_reaction(&q->reactions, "agent-stuck")->threshold_ms, 600000);
	assert_false(config_reaction(&q->reactions, "ci-failed")->has_retries);
	assert_string_equal(c.agents.v[0].command.v[0], "/w/my-app/agent.sh");
	assert_true(c.agents.v[0].from_config);
	assert_int_equal(c.routing.n, 2);
	assert_int_equal(c.routing.v[1].notifiers.n, 0);
	assert_string_equal(c.notifier_list.v[0].settings.v[0].text, "value");
	assert_string_equal(config_notifier(&c, "own")->command.v[0], "/w/my-app/tell.sh");
	assert_string_equal(config_notifier(&c, "own")->command.v[1], "value");
	assert_null(config_notifier(&c, "desktop"));
	assert_ptr_equal(config_project_of_session(&c, "fe-12"), p);
	assert_null(config_project_of_session(&c, "f-12"));
	assert_int_equal(origins_line(&c.origins, "projects.frontend.sessionPrefix"), 15);
}

static void test_sensitive(void **state)
{
	static const char *const all[] = { "dataDir", "projects.frontend.scm.apiUrl",
		"projects.frontend.scm.socket", "projects.frontend.scm.host",
		"projects.frontend.postCreate", "projects.frontend.preDestroy",
		"projects.frontend.env", "projects.frontend.checks", "agents.my-agent.command",
		"notifiers.own.command", "worktreeDir",
		"projects.frontend.agentConfig.permissions" };
	AUTO(config_release) struct config c = { 0 };

	(void)state;
	ok(read_text(&c, whole));
	for (size_t i = 0; i < COUNT_OF(all); i++)
		assert_true(strv_has(&c.sensitive, all[i]));
	assert_int_equal(c.sensitive.n, COUNT_OF(all));
	AUTO(err_release) struct err *e = config_need_trust(&c, "dataDir");
	assert_non_null(strstr(e->text, "ao trust"));
	assert_null(config_need_trust(&c, "port"));
}

/* What the user's own program on PATH is told is the file's choice; that it is told is not. */
static void test_sensitive_outside(void **state)
{
	AUTO(config_release) struct config c = { 0 };

	(void)state;
	ok(read_text(&c,
		"projects: {a: {path: /x}}\nnotifiers: {p: {plugin: pager, to: ann}, q: "
		"{plugin: pager}}\n"));
	assert_int_equal(c.sensitive.n, 1);
	assert_string_equal(c.sensitive.v[0], "notifiers.p.to");
}

/* Where something is sent is the file's choice, but for what one variable of the user says. */
static void test_sensitive_network(void **state)
{
	static const char *const some[] = { "notifiers.b.webhookUrl", "notifiers.c.webhookUrlFile",
		"notifiers.d.url", "notifiers.d.token", "notifiers.e.topic", "notifiers.f.url" };
	AUTO(config_release) struct config c = { 0 };

	(void)state;
	ok(read_text(&c,
		"projects: {a: {path: /x}}\n"
		"notifiers:\n"
		"  a: {plugin: slack, webhookUrl: '${SET}', channel: x}\n"
		"  b: {plugin: slack, webhookUrl: 'https:${SET}'}\n"
		"  c: {plugin: discord, webhookUrlFile: x}\n"
		"  d: {plugin: ntfy, topic: '${SET}', url: '${SET:-https://e.org}', token: "
		"'${SET}'}\n"
		"  e: {plugin: ntfy, topic: mine, url: '${SET}'}\n"
		"  f: {plugin: webhook, url: https://e.org, secret: '${SET}'}\n"));
	for (size_t i = 0; i < COUNT_OF(some); i++)
		assert_true(strv_has(&c.sensitive, some[i]));
	assert_int_equal(c.sensitive.n, COUNT_OF(some));
}

/* Cron and the daemon know of fewer variables, and have another PATH: that costs a notifier, not the file. */
static void test_notifiers_elsewhere(void **state)
{
	AUTO(config_release) struct config c = { 0 };

	(void)state;
	ok(read_text(&c,
		"projects: {a: {path: /x}}\n"
		"defaults: {notifiers: [desktop, page]}\n"
		"notifiers:\n"
		"  a: {plugin: slack, webhookUrl: '${NOPE}'}\n"
		"  b: {plugin: pagr, to: '${SET}', from: me}\n"
		"  c: {plugin: webhook, url: https://e.org/x, secret: y, urlFile: z}\n"));
	assert_string_equal(
		c.notifier_list.v[0].unset, "webhookUrl: NOPE is not set in the environment");
	assert_null(c.notifier_list.v[1].unset);
	assert_int_equal(c.notifier_list.v[1].hidden.n, 1);
	assert_string_equal(c.notifier_list.v[1].hidden.v[0], "to");
	assert_int_equal(c.notifier_list.v[2].hidden.n, 2);
	assert_false(strv_has(&c.notifier_list.v[2].hidden, "urlFile"));
}

static void test_plugin_alone(void **state)
{
	AUTO(config_release) struct config c = { 0 };

	(void)state;
	ok(read_text(&c, "projects: {a: {path: /x, scm: local, tracker: '${NOPE:-linear}'}}\n"));
	assert_string_equal(c.projects.v[0].scm.plugin, "local");
	assert_string_equal(c.projects.v[0].tracker.plugin, "linear");
}

static void test_defaults(void **state)
{
	static const char *const empty[] = { "projects: {a: {path: /x}}",
		"# nothing\n'projects':\n  a:\n    path: /x # y\n",
		"port:\ntmux: ~\ndefaults:\nlimits: null\nprojects: {a: {path: /x, scm: }}\n",
		"\xef\xbb\xbfprojects: {a: {path: /x}}\n" };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(empty); i++) {
		AUTO(config_release) struct config c = { 0 };
		ok(read_text(&c, empty[i]));
		assert_string_equal(c.name, "my-app");
		assert_int_equal(c.port, 3000);
		assert_int_equal(c.max_sessions, 20);
		assert_int_equal(c.trash_days, 30);
		assert_int_equal(c.free_memory, 512);
		assert_int_equal(c.free_disk, 512);
		assert_string_equal(c.runtime, "tmux");
		assert_string_equal(c.agent, "claude-code");
		assert_string_equal(c.workspace, "worktree");
		assert_string_equal(c.tmux_socket, "default");
		assert_string_equal(c.notifiers.v[0], "desktop");
		assert_int_equal(c.sensitive.n, 0);
		assert_true(str_ends(c.data_dir, "/.agent-orchestrator"));
		assert_true(str_ends(c.worktree_dir, "/.worktrees"));
	}
}

static void test_prefixes(void **state)
{
	static const struct {
		const char *path, *prefix;
	} rows[] = {
		{ "/a/app", "app" },
		{ "/a/Code", "code" },
		{ "/a/agent-orchestrator", "ao" },
		{ "/a/my_web_site", "mws" },
		{ "/a/PyTorch", "pt" },
		{ "/a/frontend", "fro" },
		{ "/a/Frontend", "fro" },
		{ "/a/b/", "b" },
		{ "/a/my.app.web", "mya" },
		{ "/a/--x--yonder", "xy" },
		{ "/a/漢字", NULL },
		{ "/", NULL },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		AUTO(str_release) char *prefix = config_derived_prefix(rows[i].path);
		if (rows[i].prefix)
			assert_string_equal(prefix, rows[i].prefix);
		else
			assert_null(prefix);
	}
}

/* Of our own work, whatever else the machine does. */
static double cpu_seconds(void)
{
	return (double)clock() / CLOCKS_PER_SEC;
}

/* Refused in milliseconds, with one clear line. The bound is wide: machines differ. */
static void refused_fast(const char *text, size_t n, const char *line)
{
	AUTO(config_release) struct config c = { 0 };
	double start = cpu_seconds();
	AUTO(err_release) struct err *e = config_read(&c, "/w/f.yaml", "f.yaml", text, n, &world);

	assert_true(cpu_seconds() - start < 2);
	assert_non_null(e);
	assert_string_equal(e->text, line);
}

static void test_hostile(void **state)
{
	enum { BIG = 10 << 20, BRACKETS = 100000 };
	char *text = malloc(BIG);

	(void)state;
	memset(text, 'a', BIG);
	refused_fast(text, BIG, "f.yaml:1:1: larger than 1048576 bytes");
	memset(text, '[', BRACKETS);
	refused_fast(text, BRACKETS, "f.yaml:1:65: nested too deeply (64 levels at most)");
	memset(text, '{', BRACKETS);
	refused_fast(text, BRACKETS, "f.yaml:1:2: a key must be text");
	for (int i = 0; i < BRACKETS; i++)
		text[i] = i % 2 ? ' ' : '-';
	refused_fast(text, BRACKETS, "f.yaml:1:129: nested too deeply (64 levels at most)");
	refused_fast("\xff\xfe\xfd", 3, "f.yaml:1:1: invalid leading UTF-8 octet");
	refused_fast("a: ä\nä: \xff", 11, "f.yaml:2:4: invalid leading UTF-8 octet");
	refused_fast("a:\n b\x01", 6, "f.yaml:2:3: control characters are not allowed");
	free(text);
}

/* A megabyte of small mistakes takes seconds at most, and is not printed whole. */
static void test_many_mistakes(void **state)
{
	static const char *const patterns[] = { "k%d: 1\n", "k: %d\n", "projects: {}\nk%d: 1\n" };

	(void)state;
	for (size_t p = 0; p < COUNT_OF(patterns); p++) {
		AUTO(buf_release) struct buf b = { 0 };
		AUTO(config_release) struct config c = { 0 };
		double start = cpu_seconds();
		int lines = 0;
		for (int i = 0; b.n < (1 << 20) - 64; i++) {
			const char *d = strchr(patterns[p], '%');
			buf_add(&b, patterns[p], (size_t)(d - patterns[p]));
			buf_addf(&b, "%d%s", i, d + 2);
		}
		AUTO(err_release)
		struct err *e = config_read(&c, "/w/f.yaml", "f.yaml", b.s, b.n, &world);
		assert_non_null(e);
		for (const char *s = e->text; *s; s++)
			lines += *s == '\n';
		assert_int_equal(lines, 100);
		assert_true(cpu_seconds() - start < 20);
	}
}

static void test_text(void **state)
{
	static const struct {
		const char *word, *meant;
	} rows[] = {
		{ "prot", "port" },
		{ "Port", "port" },
		{ "projets", "projects" },
		{ "x", NULL },
		{ "zzzz", NULL },
		{ "", NULL },
	};
	int64_t ms;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		const char *meant = text_suggest(rows[i].word, ARGV("port", "projects", "name"));
		if (rows[i].meant)
			assert_string_equal(meant, rows[i].meant);
		else
			assert_null(meant);
	}
	assert_true(text_ms(&ms, "90s") && ms == 90000);
	assert_true(text_ms(&ms, "200ms") && ms == 200);
	assert_true(text_ms(&ms, "1d") && ms == 86400000);
	assert_false(text_ms(&ms, "10"));
	assert_false(text_ms(&ms, "m"));
	assert_false(text_ms(&ms, "-1m"));
	assert_false(text_ms(&ms, "1 m"));
	assert_false(text_ms(&ms, "9999999999999d"));
}

static void test_expand(void **state)
{
	static const struct {
		const char *text, *out, *unset;
	} rows[] = {
		{ "a${SET}b", "avalueb", NULL },
		{ "${EMPTY}", "", NULL },
		{ "${EMPTY:-x}", "x", NULL },
		{ "${NO:-}", "", NULL },
		{ "${NO}", NULL, "NO" },
		{ "$SET", "$SET", NULL },
		{ "${", "${", NULL },
		{ "${SET", "${SET", NULL },
		{ "${x%y}", "${x%y}", NULL },
		{ "${1}", "${1}", NULL },
		{ "$${SET}", "${SET}", NULL },
		{ "$$", "$$", NULL },
		{ "${SET}${SET}", "valuevalue", NULL },
		{ "${NO:-a:-b}", "a:-b", NULL },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		AUTO(str_release) char *out = NULL;
		AUTO(str_release) char *unset = NULL;
		assert_int_equal(
			text_expand(&out, &unset, rows[i].text, &world), rows[i].out != NULL);
		if (rows[i].out)
			assert_string_equal(out, rows[i].out);
		else
			assert_string_equal(unset, rows[i].unset);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_whole),
		cmocka_unit_test(test_sensitive),
		cmocka_unit_test(test_sensitive_outside),
		cmocka_unit_test(test_sensitive_network),
		cmocka_unit_test(test_notifiers_elsewhere),
		cmocka_unit_test(test_plugin_alone),
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_prefixes),
		cmocka_unit_test(test_hostile),
		cmocka_unit_test(test_many_mistakes),
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_expand),
	};

	setlocale(LC_CTYPE, "C.UTF-8");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
