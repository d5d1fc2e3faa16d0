#include "slot/channel.h"

#include <string.h>

#define CHANNEL(name) extern const struct channel channel_##name;
#include "slot/channels.def"
#undef CHANNEL

static const struct channel *const channels[] = {
#define CHANNEL(name) &channel_##name,
#include "slot/channels.def"
#undef CHANNEL
};

const struct channel *channel_named(const char *name)
{
	for (size_t i = 0; i < COUNT_OF(channels); i++)
		if (str_equal(channels[i]->plugin.name, name))
			return channels[i];
	return NULL;
}

void channel_ref_release(struct channel_ref *r)
{
	str_release(&r->folder);
	str_release(&r->worktree);
	str_release(&r->port);
	if (r->secret)
		explicit_bzero(r->secret, strlen(r->secret));
	str_release(&r->secret);
	str_release(&r->conversation);
}

void channel_fact_release(struct channel_fact *f)
{
	str_release(&f->conversation);
	str_release(&f->detail);
	str_release(&f->asks);
	strv_release(&f->options);
	str_release(&f->prompt);
	str_release(&f->words);
	str_release(&f->title);
	*f = (struct channel_fact){ 0 };
}
