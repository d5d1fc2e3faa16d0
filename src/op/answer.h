/* Answering an open dialog by one of the options that it shows. */
#pragma once

#include "op/world.h"

/* text: an option's number or the beginning of its label. No dialog, or no such option: ERR_REFUSED
 * with the options; nothing pressed. */
MUST_USE struct err *op_answer(const struct world *w, const char *id, const char *text);
