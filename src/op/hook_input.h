/*
 * What a hook was told on its standard input. An agent's own JSON is known by the keys that all its events
 * have: then the prompt, the conversation or the reason is taken out of it; anything else is the
 * text itself. Pure.
 */
#pragma once

#include "store/conversation.h"
#include "store/signals.h"

/* s->kind is set; fills length and hash of a prompt, of the others text, which is *words, and in *c what is told of
 * the conversation: the caller frees both. *words is NULL before; in[n] need not be NUL. */
void hook_input(
	struct signal_line *s, char **words, struct conversation *c, const char *in, size_t n);
