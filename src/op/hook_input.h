/*
 * What a hook was told on its standard input. An agent's own JSON is known by its hook_event_name: then
 * the prompt, the conversation's id or the reason is taken out of it; anything else is the text itself.
 * Pure.
 */
#pragma once

#include "store/signals.h"

/* s->kind is set; fills length and hash of a prompt, of the others text, which the caller frees. in[n]
 * need not be NUL. */
void hook_input(struct signal_line *s, const char *in, size_t n);
