#include "op/lease.h"

#include <string.h>

#include "base/env.h"
#include "store/port.h"
#include "store/ports.h"

static bool wants_port(const struct agent *a)
{
	return a && (agent_uses(&a->command, "{port}") || agent_uses(&a->resume, "{port}"));
}

/* The agent's comes first, so that it stays the same however many the project wants. */
static struct err *lease(char **ports, const struct hold *h, int wanted, const char *own)
{
	AUTO(str_release)
	char *had = str_format("%s %s", own ? own : "-", h->s.ports ? h->s.ports : "");
	AUTO(str_release) char *got = NULL;
	size_t n;

	TRY(ports_lease(&got, h->folder, had, wanted + 1));
	n = strcspn(got, " ");
	*ports = got[n] ? str_dup(got + n + 1) : NULL;
	got[n] = '\0';
	return port_write(h->folder, got);
}

struct err *lease_ports(struct hold *h, const struct agent *a)
{
	AUTO(port_release) struct port own = { 0 };
	AUTO(strv_release) struct strv had = { 0 };
	AUTO(str_release) char *ports = NULL;
	int wanted;

	port_read(&own, h->folder);
	ports_split(&had, h->s.ports);
	wanted = h->workspace->borrowed ? 0 : h->project ? h->project->ports : (int)had.n;
	if (!wanted && !had.n && !own.number && !wants_port(a))
		return NULL;
	if (wants_port(a))
		TRY(lease(&ports, h, wanted, own.number));
	else
		TRY(ports_lease(&ports, h->folder, h->s.ports, wanted));
	if (!wants_port(a))
		TRY(port_write(h->folder, NULL));
	if (str_equal(ports, h->s.ports))
		return NULL;
	str_set(&h->s.ports, ports);
	return store_save(&h->world->store, &h->s);
}

void lease_end(const struct hold *h)
{
	struct err *e = ports_release(h->folder);

	if (!e)
		e = port_write(h->folder, NULL);
	if (e)
		sink_say(h->world->sink, SINK_WARNING, "%s: its ports stay leased: %s", h->s.id,
			e->text);
	err_drop(e, "told as a warning");
}

void lease_env(struct strv *env, const struct session *s)
{
	AUTO(strv_release) struct strv ports = { 0 };

	ports_split(&ports, s->ports);
	for (size_t i = 0; i < ports.n; i++) {
		AUTO(str_release) char *name = str_format("AO_PORT_%zu", i);
		env_set(env, name, ports.v[i]);
	}
}
