/* "Did you mean …": the candidate that a typed word most likely stood for. Offer them one by one. */
#pragma once

struct guess {
	const char *word; /* the best so far, the caller's pointer; NULL: none is near */
	int distance;
};

/* Near is: a prefix of it, or within one edit per three letters (at least one, at most three).
 * Letters of the other case are the same. */
void guess_offer(struct guess *g, const char *typed, const char *candidate);
