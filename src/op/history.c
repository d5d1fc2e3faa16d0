#include "op/history.h"

struct err *op_events(
	const struct world *w, const char *session, bool follow, event_reader read, void *arg)
{
	TRY(events_read(&w->store, session, read, arg));
	return follow ? events_follow(&w->store, session, read, arg) : NULL;
}

struct err *op_events_verify(struct events_report *out, const struct world *w)
{
	return events_verify(out, &w->store);
}

struct err *op_messages(struct messages *out, const struct world *w, const char *id)
{
	return outbox_read(out, &w->store, id, false);
}
