/* A pull request as far as status and reactions ask. Zero: none known. */
#pragma once

#include <stdbool.h>

enum pull_state { PULL_NONE, PULL_OPEN, PULL_MERGED, PULL_CLOSED };
enum ci { CI_UNKNOWN, CI_NONE, CI_PENDING, CI_SUCCESS, CI_FAILURE };
enum review { REVIEW_UNKNOWN, REVIEW_NONE, REVIEW_PENDING, REVIEW_APPROVED, REVIEW_CHANGES };

struct pull {
	enum pull_state state;
	int number;
	char *url;
	bool merged_into_default;
	bool conflict;
	enum ci ci;
	enum review review;
	int threads; /* unresolved */
};

const char *ci_word(enum ci ci);             /* as in --json; NULL: null */
const char *review_word(enum review review); /* as in --json; NULL: null */
void pull_release(struct pull *p);
