#include "slot/tracker.h"

#include <stdlib.h>

#define TRACKER(name) extern const struct tracker tracker_##name;
#include "slot/trackers.def"
#undef TRACKER

static const struct tracker *const trackers[] = {
#define TRACKER(name) &tracker_##name,
#include "slot/trackers.def"
#undef TRACKER
};

const struct tracker *tracker_named(const char *name)
{
	for (size_t i = 0; i < COUNT_OF(trackers); i++)
		if (str_equal(trackers[i]->plugin.name, name))
			return trackers[i];
	return NULL;
}

const struct tracker *tracker_serving(const struct tracked *t)
{
	for (size_t i = 0; i < COUNT_OF(trackers); i++)
		if (trackers[i]->serves(t) == TRI_YES)
			return trackers[i];
	return NULL;
}

struct err *tracker_missing(const char *id)
{
	return fail(ERR_MISSING, "no issue '%s': 'ao issue ls --all' lists them", id);
}

void issues_release(struct issues *i)
{
	for (size_t n = 0; n < i->list.n; n++)
		issue_release(&i->list.v[n]);
	free(i->list.v);
	*i = (struct issues){ 0 };
}
