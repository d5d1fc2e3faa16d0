/*
 * The only undo of ao (house, decision 4): brings a session whose verb died in the middle to a state
 * before or after it. Called by the failed verb itself, by the next verb on that session and by `ao
 * doctor --fix`; the choice is rule/settle_of.h. Needs the session's lock.
 */
#pragma once

#include "op/hold.h"
#include "rule/settle_of.h"

/* Nothing half done: NULL at once. What cannot be settled now is an error that names it. */
MUST_USE struct err *op_settle(struct hold *h);

/* For a verb that failed with e: settle, then give e back; what the settling said is noted. */
MUST_USE struct err *op_settle_after(struct hold *h, struct err *e);
