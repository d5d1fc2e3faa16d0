#include "model/pull.h"

#include "base/mem.h"

const char *ci_word(enum ci ci)
{
	static const char *const words[] = { NULL, "none", "pending", "success", "failure" };

	return words[ci];
}

const char *review_word(enum review review)
{
	static const char *const words[] = { NULL, "none", "pending", "approved",
		"changes_requested" };

	return words[review];
}

void pull_release(struct pull *p)
{
	str_release(&p->url);
	*p = (struct pull){ 0 };
}
