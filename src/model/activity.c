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

static int find(const char *const *words, int n, const char *word)
{
	for (int i = 0; i < n; i++)
		if (str_equal(words[i], word))
			return i;
	return -1;
}

bool activity_parse(enum activity *a, const char *word)
{
	int i = find(activities, ACTIVITY_COUNT, word);

	if (i >= 0)
		*a = (enum activity)i;
	return i >= 0;
}

bool status_parse(enum status *s, const char *word)
{
	int i = find(statuses, STATUS_COUNT, word);

	if (i >= 0)
		*s = (enum status)i;
	return i >= 0;
}
