/*
 * Has an agent's quota run out, and until when? Told by its own words, which it writes for people: into the
 * report of an error, into its transcript, onto its screen. `limit:` of its data file knows them. Pure.
 */
#pragma once

#include "model/agent.h"
#include "model/facts.h"

enum { AGAIN_AFTER_MS = 90000 /* behind the end of a limit: some agents go on by themselves */ };

/* Where in text the time stands until which the quota is spent ("" not said); NULL: text says nothing of a
 * spent quota. */
const char *limit_says(const struct agent *a, const char *text);

/* The fact by which what it is doing (activity_of()) is that it waits for its quota; NULL: it is not. */
const struct fact *limit_of(const struct facts *f, enum activity activity);
