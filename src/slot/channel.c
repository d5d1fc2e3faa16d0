#include "slot/channel.h"

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
