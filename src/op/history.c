#include "op/history.h"

#include "op/hold.h"
#include "store/run.h"

/* A typing error would else look like a session of which nothing is known. */
static struct err *check_known(const struct world *w, const char *id)
{
	AUTO(hold_release) struct hold h = { 0 };
	struct err *e = hold_read(&h, w, id);

	if (e && e->class == ERR_MISSING)
		return e;
	err_drop(e, "its events can be read without its record");
	return NULL;
}

struct err *op_events(
	const struct world *w, const char *session, bool follow, event_reader read, void *arg)
{
	if (session)
		TRY(check_known(w, session));
	return (follow ? events_follow : events_read)(&w->store, session, read, arg);
}

struct err *op_events_verify(struct events_report *out, const struct world *w)
{
	return events_verify(out, &w->store);
}

void op_last_words(struct strv *lines, const struct world *w, const char *id)
{
	AUTO(run_info_release) struct run_info run = { 0 };
	AUTO(str_release) char *folder = store_folder(&w->store, id);

	run_read(&run, folder);
	if (run.has_exit && run.alive == TRI_NO)
		run_last_words(lines, folder);
}

struct err *op_messages(struct messages *out, const struct world *w, const char *id)
{
	return outbox_read(out, &w->store, id, false);
}
