#include "cmd/face.h"
#include "op/schema.h"

static const struct option options[] = {
	{ "agent", 0, NULL, "of an agent's data file instead" },
	{ 0 },
};

static struct err *run(struct face *f, struct world *w, const struct args *a)
{
	(void)w;
	face_json(f, args_has(a, "agent") ? op_agent_schema() : op_config_schema());
	return NULL;
}

const struct command cmd_config_schema = {
	.name = "config schema",
	.summary = "print a JSON Schema of the configuration, for editors",
	.example = "ao config schema > agent-orchestrator.schema.json",
	.options = options,
	.needs = NEEDS_NOTHING,
	.for_people = true,
	.run = run,
};
