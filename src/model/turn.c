#include "model/turn.h"

#include "base/mem.h"

enum { TOKENS_MAX = 1000 * 1000 * 1000 };

int64_t usage_tokens(int64_t said)
{
	return said < 0 ? 0 : said > TOKENS_MAX ? TOKENS_MAX : said;
}

int64_t usage_sum(const struct usage *u)
{
	return u->input + u->output + u->cache_read + u->cache_write;
}

void turn_release(struct turn *t)
{
	str_release(&t->text);
	*t = (struct turn){ 0 };
}
