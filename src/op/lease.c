#include "op/lease.h"

#include "base/env.h"
#include "store/ports.h"

struct err *lease_ports(struct hold *h)
{
	AUTO(strv_release) struct strv had = { 0 };
	AUTO(str_release) char *ports = NULL;
	int wanted;

	ports_split(&had, h->s.ports);
	wanted = h->project ? h->project->ports : (int)had.n;
	if (!wanted && !had.n)
		return NULL;
	TRY(ports_lease(&ports, h->folder, h->s.ports, wanted));
	if (str_equal(ports, h->s.ports))
		return NULL;
	str_set(&h->s.ports, ports);
	return store_save(&h->world->store, &h->s);
}

void lease_end(const struct hold *h)
{
	struct err *e = ports_release(h->folder);

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
