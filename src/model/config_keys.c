/* Every key of agent-orchestrator.yaml, in the order in which `ao config schema` and `show` list them. */
#include <string.h>

#include "model/agent_read.h"
#include "model/config_check.h"
#include "model/config_read.h"

static const char *const priorities[] = { "urgent", "action", "warning", "info", NULL };
static const char *const actions[] = { "send-to-agent", "notify", "auto-merge", NULL };
static const char *const events[] = { "ci-failed", "changes-requested", "bugbot-comments",
	"merge-conflicts", "approved-and-green", "agent-stuck", "agent-needs-input", "rate-limited",
	"agent-exited", "all-complete", NULL };
static const char *const scms[] = { "github", "gitlab", "local", NULL };
static const char *const trackers[] = { "github", "gitlab", "linear", "local", NULL };

/* The entry of a VEC by name (its first member), made when missing; by number with name NULL. */
#define ENTRY(function, owner_type, vec, element, member)                                          \
	static void *function(void *owner, const char *name, size_t i)                             \
	{                                                                                          \
		owner_type *o = owner;                                                             \
		struct element *e;                                                                 \
		if (!name)                                                                         \
			return i < o->vec.n ? &o->vec.v[i] : NULL;                                 \
		for (i = 0; i < o->vec.n; i++)                                                     \
			if (str_equal(o->vec.v[i].member, name))                                   \
				return &o->vec.v[i];                                               \
		e = vec_push(&o->vec);                                                             \
		e->member = str_dup(name);                                                         \
		return e;                                                                          \
	}

ENTRY(project_entry, struct config, projects, project, id)
ENTRY(agent_entry, struct config, agents, agent, name)
ENTRY(notifier_entry, struct config, notifier_list, notifier_config, name)
ENTRY(top_reaction, struct config, reactions.list, reaction_config, event)
ENTRY(project_reaction, struct project, reactions.list, reaction_config, event)
ENTRY(route_entry, struct config, routing, route, priority)

static struct strv *route_list(void *owner, const char **name, size_t i)
{
	struct route *r = route_entry(owner, *name, i);

	if (r)
		*name = r->priority;
	return r ? &r->notifiers : NULL;
}

#define R(field) offsetof(struct reaction_config, field)
static const struct key reaction_keys[] = {
	KEY("auto", BOOL, R(automatic), "do it without asking", .has = R(has_auto)),
	KEY("action", TEXT, R(action), "what is done", .words = actions),
	KEY("message", TEXT, R(message), "what the agent or the user is told"),
	KEY("priority", TEXT, R(priority), "which notifiers hear of it", .words = priorities),
	KEY("retries", INT, R(retries), "how often the agent is asked again", .has = R(has_retries),
		.max = 100),
	KEY("escalateAfter", TEXT, R(escalate_after),
		"attempts (2) or time (30m) until a human is told", .check = check_count_or_time),
	KEY("threshold", MS, R(threshold_ms), "how long it must last", .has = R(has_threshold)),
	KEY("includeSummary", BOOL, R(include_summary), "with a summary",
		.has = R(has_include_summary)),
};
static const struct schema reaction_schema = {
	.keys = reaction_keys, .n = COUNT_OF(reaction_keys), .done = reaction_done
};

#define S(field) offsetof(struct slot_config, field)
#define SLOT_KEYS(known)                                                                           \
	KEY("plugin", TEXT, S(plugin), "which one", .standard = "by the host of 'origin'",         \
		.words = known),                                                                   \
		KEY("host", TEXT, S(host), "an Enterprise or self-hosted server",                  \
			.check = check_host),                                                      \
		KEY("apiUrl", TEXT, S(api_url), "where its API is", .check = check_url,            \
			.flags = KEY_SENSITIVE),                                                   \
		KEY("socket", PATH, S(socket), "a unix socket that its API is reached through",    \
			.flags = KEY_SENSITIVE)
static const struct key scm_keys[] = { SLOT_KEYS(scms) };
static const struct schema scm_schema = {
	.keys = scm_keys, .n = COUNT_OF(scm_keys), .done = slot_done, .alone = true
};
static const struct key tracker_keys[] = {
	SLOT_KEYS(trackers),
	KEY("teamId", TEXT, S(team_id), "Linear: the team"),
	KEY("workspaceSlug", TEXT, S(workspace), "Linear: the workspace"),
};
static const struct schema tracker_schema = {
	.keys = tracker_keys, .n = COUNT_OF(tracker_keys), .done = slot_done, .alone = true
};

static const struct key agent_config_keys[] = {
	KEY("permissions", TEXT, offsetof(struct project, permissions),
		"how much it may do unasked: a name of the agent's own, such as skip"),
	KEY("model", TEXT, offsetof(struct project, model), "the model it runs"),
};
static const struct schema agent_config = {
	.keys = agent_config_keys, .n = COUNT_OF(agent_config_keys), .done = permissions_done
};

static const struct key project_limit_keys[] = {
	KEY("maxSessions", INT, offsetof(struct project, max_sessions),
		"live runtimes of this project", .min = 1, .max = 10000),
};
static const struct schema project_limits = { .keys = project_limit_keys, .n = 1 };

#define P(field) offsetof(struct project, field)
static const struct key project_keys[] = {
	KEY("name", TEXT, P(name), "shown in headings", .standard = "the id"),
	KEY("repo", TEXT, P(repo), "owner/repository on the forge", .check = check_repo),
	KEY("path", PATH, P(path), "the main checkout", .flags = KEY_REQUIRED),
	KEY("defaultBranch", TEXT, P(default_branch), "what sessions start from",
		.standard = "what origin/HEAD or HEAD says", .check = check_branch),
	KEY("sessionPrefix", TEXT, P(prefix), "of session ids, unique over all projects",
		.standard = "from the path's last name", .check = config_check_prefix),
	KEY("runtime", TEXT, P(runtime), "where the agent runs", .standard = "defaults.runtime",
		.slot = "runtime"),
	KEY("agent", TEXT, P(agent), "which agent", .standard = "defaults.agent", .slot = "agent"),
	KEY("workspace", TEXT, P(workspace), "how a session gets its files",
		.standard = "defaults.workspace", .slot = "workspace"),
	KEY("terminal", TEXT, P(terminal), "what `ao open` opens", .standard = "defaults.terminal"),
	KEY("notifiers", LIST, P(notifiers), "who is told", .standard = "defaults.notifiers"),
	KEY("agentConfig", MAP, 0, "how the agent is started", .inside = &agent_config),
	KEY("agentRules", TEXT, P(agent_rules), "appended to every prompt"),
	KEY("agentRulesFile", TEXT, P(agent_rules_file), "the same from a file in the repository",
		.check = check_inner_path),
	KEY("orchestratorRules", TEXT, P(orchestrator_rules),
		"appended to the orchestrator's prompt"),
	KEY("scm", MAP, P(scm), "where pull requests live", .inside = &scm_schema),
	KEY("tracker", MAP, P(tracker), "where issues live", .inside = &tracker_schema),
	KEY("symlinks", LIST, P(symlinks), "linked from the main checkout into each worktree",
		.check = check_inner_path),
	KEY("copy", LIST, P(copy), "copied from the main checkout into each worktree",
		.check = check_inner_path),
	KEY("postCreate", LIST, P(post_create), "commands run in a new worktree",
		.flags = KEY_SENSITIVE | KEY_SHELL),
	KEY("preDestroy", LIST, P(pre_destroy), "commands run before a worktree goes",
		.flags = KEY_SENSITIVE | KEY_SHELL),
	KEY("env", ENV, P(env), "the agent's environment", .flags = KEY_SENSITIVE),
	KEY("ports", INT, P(ports), "how many AO_PORT_n each session gets", .standard = "0",
		.max = 100),
	KEY("checks", TEXTS, P(checks), "the local forge's CI, {name: command}",
		.flags = KEY_SENSITIVE | KEY_SHELL),
	KEY("reactions", EACH, 0, "laid over the top-level ones, field by field",
		.inside = &reaction_schema, .entry = project_reaction, .words = events),
	KEY("limits", MAP, 0, "limits of this project", .inside = &project_limits),
	KEY("trust", LIST, P(trust),
		"logins whose comments may reach an agent, beside those with write access"),
};
const struct schema project_schema = {
	.keys = project_keys, .n = COUNT_OF(project_keys), .done = project_done
};

#define C(field) offsetof(struct config, field)
static const struct key default_keys[] = {
	KEY("runtime", TEXT, C(runtime), "where agents run", .standard = "tmux", .slot = "runtime"),
	KEY("agent", TEXT, C(agent), "which agent", .standard = "claude-code", .slot = "agent"),
	KEY("workspace", TEXT, C(workspace), "how a session gets its files", .standard = "worktree",
		.slot = "workspace"),
	KEY("terminal", TEXT, C(terminal), "what `ao open` opens", .standard = "the one in use"),
	KEY("notifiers", LIST, C(notifiers), "who is told", .standard = "[desktop]"),
};
static const struct schema defaults = { .keys = default_keys, .n = COUNT_OF(default_keys) };

static const struct key limit_keys[] = {
	KEY("maxSessions", INT, C(max_sessions), "live runtimes; further spawns queue",
		.standard = "20", .min = 1, .max = 10000),
	KEY("freeMemory", INT, C(free_memory), "MiB of memory that must be available; 0: any",
		.standard = "512", .max = 99999999, .has = C(has_free_memory)),
	KEY("freeDisk", INT, C(free_disk), "the same of the disks of worktreeDir and dataDir",
		.standard = "512", .max = 99999999, .has = C(has_free_disk)),
};
static const struct schema limits = { .keys = limit_keys, .n = COUNT_OF(limit_keys) };
static const struct key tmux_keys[] = {
	KEY("socket", TEXT, C(tmux_socket),
		"default: your own server; a name: one of our own (tmux -L name)",
		.standard = "default", .check = check_plain_name),
};
static const struct schema tmux = { .keys = tmux_keys, .n = 1 };
static const struct key trash_keys[] = {
	KEY("days", INT, C(trash_days), "how long saved work is kept", .standard = "30", .min = 1,
		.max = 36500),
};
static const struct schema trash = { .keys = trash_keys, .n = 1 };

static const struct key notifier_keys[] = {
	KEY("plugin", TEXT, offsetof(struct notifier_config, plugin),
		"desktop, slack, discord, webhook, ntfy or command; the other keys are its "
		"settings",
		.flags = KEY_REQUIRED),
	KEY("command", LIST, offsetof(struct notifier_config, command),
		"command: the program and its arguments, no shell"),
};
static const struct schema notifier_schema = { .keys = notifier_keys,
	.n = COUNT_OF(notifier_keys),
	.rest = offsetof(struct notifier_config, settings),
	.hidden = offsetof(struct notifier_config, hidden),
	.done = notifier_done };

static const struct key config_keys[] = {
	KEY("$schema", IGNORED, 0, "for editors"),
	KEY("name", TEXT, C(name), "namespace of the data",
		.standard = "the name of the file's folder", .check = check_plain_name),
	KEY("dataDir", PATH, C(data_dir), "where sessions are kept",
		.standard = "~/.agent-orchestrator", .flags = KEY_SENSITIVE),
	KEY("worktreeDir", PATH, C(worktree_dir), "where worktrees are made",
		.standard = "~/.worktrees", .flags = KEY_SENSITIVE),
	KEY("port", INT, C(port), "of the dashboard", .standard = "3000", .min = 1, .max = 65535),
	KEY("defaults", MAP, 0, "for every project that says nothing else", .inside = &defaults),
	KEY("limits", MAP, 0, "over all projects", .inside = &limits),
	KEY("tmux", MAP, 0, "which tmux server", .inside = &tmux),
	KEY("trash", MAP, 0, "work saved before a worktree went", .inside = &trash),
	KEY("projects", EACH, 0, "one entry per repository", .inside = &project_schema,
		.entry = project_entry, .check = check_id, .flags = KEY_REQUIRED),
	KEY("agents", EACH, 0, "more agents, or changes to built-in ones", .inside = &agent_schema,
		.entry = agent_entry, .check = check_id),
	KEY("notifiers", EACH, 0, "named ways to tell a human", .inside = &notifier_schema,
		.entry = notifier_entry, .check = check_plain_name),
	KEY("notificationRouting", LISTS, 0, "who hears of what", .list = route_list,
		.words = priorities),
	KEY("reactions", EACH, 0, "what follows from an event", .inside = &reaction_schema,
		.entry = top_reaction, .words = events),
};
const struct schema config_schema = { .keys = config_keys, .n = COUNT_OF(config_keys) };
