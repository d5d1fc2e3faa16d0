#include "model/config.h"

#include <stdlib.h>
#include <string.h>

#include "base/valid.h"

const struct project *config_project(const struct config *c, const char *id)
{
	for (size_t i = 0; i < c->projects.n; i++)
		if (str_equal(c->projects.v[i].id, id))
			return &c->projects.v[i];
	return NULL;
}

const struct project *config_project_of_session(const struct config *c, const char *session)
{
	int n;
	long number;

	if (!valid_session(session, &n, &number))
		return NULL;
	for (size_t i = 0; i < c->projects.n; i++) {
		const char *prefix = c->projects.v[i].prefix;
		if (prefix && strlen(prefix) == (size_t)n &&
			strncmp(prefix, session, (size_t)n) == 0)
			return &c->projects.v[i];
	}
	return NULL;
}

const struct notifier_config *config_notifier(const struct config *c, const char *name)
{
	for (size_t i = 0; i < c->notifier_list.n; i++)
		if (str_equal(c->notifier_list.v[i].name, name))
			return &c->notifier_list.v[i];
	return NULL;
}

const struct reaction_config *config_reaction(const struct reactions *r, const char *event)
{
	for (size_t i = 0; i < r->list.n; i++)
		if (str_equal(r->list.v[i].event, event))
			return &r->list.v[i];
	return NULL;
}

struct err *config_need_trust(const struct config *c, const char *value)
{
	if (c->trusted || !strv_has(&c->sensitive, value))
		return NULL;
	return fail(ERR_CONFIG,
		"%s: %s is not used until you trust the file: read it, then run: ao trust", c->file,
		value);
}

static void slot_release(struct slot_config *s)
{
	free(s->plugin);
	free(s->host);
	free(s->api_url);
	free(s->socket);
	free(s->team_id);
	free(s->workspace);
}

static void reactions_release(struct reactions *r)
{
	for (size_t i = 0; i < r->list.n; i++) {
		struct reaction_config *e = &r->list.v[i];
		free(e->event);
		free(e->action);
		free(e->message);
		free(e->priority);
		free(e->escalate_after);
	}
	free(r->list.v);
	*r = (struct reactions){ 0 };
}

static void project_release(struct project *p)
{
	char *texts[] = { p->id, p->name, p->repo, p->path, p->default_branch, p->prefix,
		p->runtime, p->agent, p->workspace, p->terminal, p->permissions, p->model,
		p->agent_rules, p->agent_rules_file, p->orchestrator_rules };
	struct strv *lists[] = { &p->notifiers, &p->symlinks, &p->copy, &p->post_create,
		&p->pre_destroy, &p->env, &p->trust };

	for (size_t i = 0; i < COUNT_OF(texts); i++)
		free(texts[i]);
	for (size_t i = 0; i < COUNT_OF(lists); i++)
		strv_release(lists[i]);
	slot_release(&p->scm);
	slot_release(&p->tracker);
	named_texts_release(&p->checks);
	reactions_release(&p->reactions);
}

void config_release(struct config *c)
{
	char *texts[] = { c->file, c->dir, c->name, c->data_dir, c->worktree_dir, c->tmux_socket,
		c->runtime, c->agent, c->workspace, c->terminal };

	for (size_t i = 0; i < COUNT_OF(texts); i++)
		free(texts[i]);
	for (size_t i = 0; i < c->projects.n; i++)
		project_release(&c->projects.v[i]);
	for (size_t i = 0; i < c->agents.n; i++)
		agent_release(&c->agents.v[i]);
	for (size_t i = 0; i < c->notifier_list.n; i++) {
		free(c->notifier_list.v[i].name);
		free(c->notifier_list.v[i].plugin);
		strv_release(&c->notifier_list.v[i].command);
		named_texts_release(&c->notifier_list.v[i].settings);
		strv_release(&c->notifier_list.v[i].hidden);
		free(c->notifier_list.v[i].unset);
	}
	for (size_t i = 0; i < c->routing.n; i++) {
		free(c->routing.v[i].priority);
		strv_release(&c->routing.v[i].notifiers);
	}
	free(c->projects.v);
	free(c->agents.v);
	free(c->notifier_list.v);
	free(c->routing.v);
	strv_release(&c->notifiers);
	strv_release(&c->sensitive);
	reactions_release(&c->reactions);
	origins_release(&c->origins);
	*c = (struct config){ 0 };
}
