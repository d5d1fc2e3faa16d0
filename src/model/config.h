/*
 * The configuration (contract, section 2), read once and never written back. Every value below is
 * effective: defaults are filled in, ~ and relative paths are absolute, ${VAR} expanded. Strings
 * belong to the struct; NULL where the contract has no default.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/vec.h"
#include "model/agent.h"
#include "model/schema.h"

struct slot_config {  /* scm, tracker */
	char *plugin; /* NULL: found out */
	char *host, *api_url, *socket;
	char *team_id, *workspace; /* linear */
};

struct reaction_config { /* one event of `reactions`; a field not said has its `has_…` false */
	char *event;
	char *action, *message, *priority;
	bool has_auto, automatic, has_retries, has_escalate_after, has_threshold;
	int retries;
	char *escalate_after; /* a count ("2") or a time ("30m"), as written */
	int64_t threshold_ms;
	bool include_summary, has_include_summary;
};

struct reactions {
	VEC(struct reaction_config) list;
};

struct notifier_config {
	char *name, *plugin;
	struct strv command;         /* the plugin `command`: an argv */
	struct named_texts settings; /* what else was said there, for the plugin */
	struct strv hidden;          /* those of them that nobody is shown */
	char *unset; /* "url: HOOK is not set in the environment": it cannot tell. NULL: fine */
};

struct route {
	char *priority; /* urgent, action, warning, info */
	struct strv notifiers;
};

struct project {
	char *id, *name, *repo, *path, *default_branch, *prefix;
	char *runtime, *agent, *workspace, *terminal; /* effective */
	struct strv notifiers;
	char *permissions, *model; /* agentConfig */
	char *agent_rules, *agent_rules_file, *orchestrator_rules;
	struct slot_config scm, tracker;
	struct strv symlinks, copy, post_create, pre_destroy;
	struct strv env; /* NAME=value */
	struct strv trust;
	struct named_texts checks;
	struct reactions
		reactions; /* the top-level ones with the project's own laid over, field by field */
	int ports;         /* how many to lease; 0: none */
	int max_sessions;  /* 0: only the global limit */
};

struct config {
	char *file, *dir; /* real path of the file, and its folder */
	char *name;       /* the namespace, [A-Za-z0-9_-]+ */
	char *data_dir, *worktree_dir;
	int port, max_sessions, trash_days;
	int free_memory, free_disk; /* MiB; 0: any will do */
	bool has_free_memory, has_free_disk;
	char *tmux_socket; /* "default" or a name */
	char *runtime, *agent, *workspace, *terminal;
	struct strv notifiers;
	VEC(struct project) projects; /* in the order of the file */
	VEC(struct agent) agents;     /* `agents:` only; built-in ones are files */
	VEC(struct notifier_config) notifier_list;
	VEC(struct route) routing;
	struct reactions reactions;
	/* What needs trust when git tracks the file or others can write it: a line for each such
	 * value, "projects.frontend.postCreate"; dataDir among them. */
	struct strv sensitive;
	bool trusted;                 /* sensitive values may be used */
	struct value_origins origins; /* where each value stands, for `ao config show` */
};

const struct project *config_project(const struct config *c, const char *id); /* NULL: none */
/* The project whose prefix is that of "fe-12"; NULL: none. */
const struct project *config_project_of_session(const struct config *c, const char *session);
const struct notifier_config *config_notifier(
	const struct config *c, const char *name); /* NULL: none */
const struct reaction_config *config_reaction(
	const struct reactions *r, const char *event); /* NULL: none */
/* For whoever is about to use a sensitive value: NULL when trusted, else the error that says how. */
MUST_USE struct err *config_need_trust(const struct config *c, const char *value);
void config_release(struct config *c);
