#include "model/activity.h"

#include "base/mem.h"

#define ROW(name, word) word,
static const char *const activities[] = { ACTIVITIES(ROW) };
static const char *const statuses[] = { STATUSES(ROW) };
#undef ROW

const char *activity_word(enum activity a)
{
	return activities[a];
}

const char *status_word(enum status s)
{
	return statuses[s];
}

bool status_parse(enum status *s, const char *word)
{
	for (int i = 0; i < STATUS_COUNT; i++)
		if (str_equal(statuses[i], word)) {
			*s = (enum status)i;
			return true;
		}
	return false;
}
