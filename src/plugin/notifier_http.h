/*
 * What notifiers that speak HTTP have in common: their settings, which are secrets mostly, and one request
 * through ao-http (plugin/http.h). None of the secrets is in an argv, an environment or an error: of an
 * address an error tells the host.
 */
#pragma once

#include "plugin/http.h"
#include "slot/notifier.h"

/* The setting's text, or that of the file that NAMEFile names (~ and paths relative to the config's folder;
 * white space around it is none of it). NULL: it has neither, or nothing. Caller frees. */
MUST_USE struct err *notifier_setting(char **out, const struct notifier_call *c, const char *name);
/* One that must be there, and an address that may be asked; with `otherwise` it need not be there. */
MUST_USE struct err *notifier_address(
	char **out, const struct notifier_call *c, const char *name, const char *otherwise);
/* One POST of r->body within some seconds. A limit that is over soon is waited for, once. */
MUST_USE struct err *notifier_post(const struct notifier_call *c, struct http_request *r);
/* "frontend · fe-1 · ci-failed", for a line below; a notice of no project has less of it. */
void notifier_origin(struct buf *out, const struct notice *n);
/* May the notice's address be shown as a link? */
bool notifier_linkable(const char *url);
