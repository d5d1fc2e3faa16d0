#include "op/notify.h"

struct err *op_notify(struct notified *out, const struct world *w, const struct project *p,
	const struct notice *n)
{
	(void)out, (void)w, (void)p, (void)n;
	return NULL;
}

void notified_release(struct notified *n)
{
	strv_release(&n->failed);
	*n = (struct notified){ 0 };
}
