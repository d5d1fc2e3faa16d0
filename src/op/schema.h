/* A JSON Schema (draft-07, which editors' YAML servers take) of agent-orchestrator.yaml or of an
 * agent's data file, made from the tables that read them. The caller owns it. */
#pragma once

#include <jansson.h>

json_t *op_config_schema(void);
json_t *op_agent_schema(void);
