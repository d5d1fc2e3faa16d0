#include "rule/limit.h"

#include <regex.h>

#include "base/mem.h"

/* Behind where the pattern is met; NULL: nowhere, or no pattern. */
static const char *behind(const char *pattern, const char *text)
{
	const char *at = NULL;
	regmatch_t m;
	regex_t re;

	if (str_empty(pattern) || regcomp(&re, pattern, REG_EXTENDED) != 0)
		return NULL;
	if (regexec(&re, text, 1, &m, 0) == 0)
		at = text + m.rm_eo;
	regfree(&re);
	return at;
}

const char *limit_says(const struct agent *a, const char *text)
{
	const char *at;

	if (!text || !behind(a->limit.spent, text))
		return NULL;
	at = behind(a->limit.until, text);
	return at ? at : "";
}

/* A report and a record know when they were made; a screen is read at any time. */
const struct fact *limit_of(const struct facts *f, enum activity activity)
{
	const struct fact *best = NULL;

	if (activity != ACTIVITY_BLOCKED && activity != ACTIVITY_WAITING_INPUT)
		return NULL;
	for (int i = 0; i < f->n; i++)
		if (f->v[i].until && (!best || (best->until < 0 && f->v[i].until > 0)))
			best = &f->v[i];
	return best;
}
