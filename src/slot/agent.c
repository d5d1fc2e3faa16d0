#include "slot/agent.h"

#define AGENT_LOG(name) extern const struct agent_log agent_log_##name;
#include "slot/agents.def"
#undef AGENT_LOG

static const struct agent_log *const logs[] = {
#define AGENT_LOG(name) &agent_log_##name,
#include "slot/agents.def"
#undef AGENT_LOG
};

const struct agent_log *agent_log_named(const char *name)
{
	for (size_t i = 0; i < COUNT_OF(logs); i++)
		if (str_equal(logs[i]->plugin.name, name))
			return logs[i];
	return NULL;
}
