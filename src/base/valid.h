/* What may go into a path, a ref, a tmux name, a request without encryption: in one place. */
#pragma once

#include <stdbool.h>

/* [A-Za-z0-9_-]{1,64}, not starting with '-' (contract, section 3; reliability S1). */
bool valid_id(const char *s);
/* "fe-12" -> prefix length 2, number 12; "fe-orchestrator" -> 2, 0. false: not of that form. */
bool valid_session(const char *id, int *prefix_n, long *number);
/* Is it the id of a project's orchestrator? */
bool valid_orchestrator(const char *id);
/* A branch name that git takes (git-check-ref-format(1)) and that no option can be. */
bool valid_branch(const char *s);
/* Is the host, without port and as it stands in a URL, this machine? localhost and names below it
 * (RFC 6761, 6.3), 127.0.0.0/8, [::1]. */
bool valid_loopback(const char *host);
