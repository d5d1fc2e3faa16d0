#include "slot/api.h"

#include <string.h>

#define API(name) extern const struct api api_##name;
#include "slot/apis.def"
#undef API

static const struct api *const apis[] = {
#define API(name) &api_##name,
#include "slot/apis.def"
#undef API
};

const struct api *api_named(const char *name)
{
	for (size_t i = 0; i < COUNT_OF(apis); i++)
		if (str_equal(apis[i]->plugin.name, name))
			return apis[i];
	return NULL;
}

void api_ref_release(struct api_ref *r)
{
	str_release(&r->worktree);
	str_release(&r->port);
	if (r->secret)
		explicit_bzero(r->secret, strlen(r->secret));
	str_release(&r->secret);
	str_release(&r->conversation);
}

void api_fact_release(struct api_fact *f)
{
	str_release(&f->conversation);
	str_release(&f->detail);
	str_release(&f->prompt);
	str_release(&f->words);
	str_release(&f->title);
	*f = (struct api_fact){ 0 };
}
