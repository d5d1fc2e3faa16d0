/* The page's two lists as text, byte for byte. A face and views in, text on f->out; nothing is asked. */
#pragma once

#include "cmd/row.h"

void status_print(const struct face *f, const struct groups *g);
void ls_print(const struct face *f, const struct groups *g);
/* --why: every fact of a session, and which one decided. */
void why_print(const struct face *f, const struct view *v, const char *reason);
