#include "model/notice.h"

#include "base/mem.h"

static const char *const words[] = {
	[PRIORITY_URGENT] = "urgent",
	[PRIORITY_ACTION] = "action",
	[PRIORITY_WARNING] = "warning",
	[PRIORITY_INFO] = "info",
};

const char *priority_word(enum priority p)
{
	return words[p];
}

bool priority_of(enum priority *out, const char *word)
{
	for (size_t i = 0; i < COUNT_OF(words); i++)
		if (str_equal(words[i], word)) {
			*out = (enum priority)i;
			return true;
		}
	return false;
}
