/*
 * What an agent asks at its first start in a repository (onboarding, trust, a key), as far as its own files
 * tell whether that was answered, and the answers, where they are plain to give. Such a question comes before
 * any message: what is typed then answers it.
 */
#pragma once

#include "base/tri.h"
#include "model/agent.h"

/* Will it ask nothing? root: the main checkout; NULL: none. Reads its files, writes none. *hint (may be NULL)
 * gets a constant: what a person can do about it. */
enum tri agent_asks_nothing(const char **hint, const struct agent *a, const char *root);

/* Answers in the agent's own file what it would ask there; all else in it stays. *what: the file and what was
 * answered; NULL: there was nothing to answer, or nothing that can be answered for a person. */
MUST_USE struct err *agent_answer_dialogs(char **what, const struct agent *a, const char *root);
