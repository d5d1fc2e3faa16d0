/*
 * What the trackers elsewhere make of an issue as it was answered, with what was said of it by those who may speak to an
 * agent. Pure, whatever is in the answer; the texts are from outside. In the words of the forge whose name it has.
 */
#pragma once

#include <jansson.h>

#include "model/issue.h"

void github_read_issue(struct issue *out, const json_t *issue, const struct strv *trust);
/* members: of gitlab_members() */
void gitlab_read_issue(struct issue *out, const json_t *issue, const json_t *notes,
	const json_t *members, const struct strv *trust);
void linear_read_issue(struct issue *out, const json_t *issue);
