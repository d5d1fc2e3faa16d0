#include "model/facts.h"

#include "base/mem.h"

#define ROW(name, word) word,
static const char *const words[] = { SOURCES(ROW) };
#undef ROW

const char *source_word(enum source s)
{
	return words[s];
}

struct fact *facts_add(struct facts *f, enum source source, enum activity says, int64_t at)
{
	struct fact *fact = &f->v[f->n < FACTS_MAX ? f->n++ : FACTS_MAX - 1];

	str_release(&fact->detail);
	*fact = (struct fact){ .source = source, .says = says, .at = at };
	return fact;
}

void facts_release(struct facts *f)
{
	for (int i = 0; i < f->n; i++)
		str_release(&f->v[i].detail);
	pull_release(&f->pull);
	*f = (struct facts){ 0 };
}
