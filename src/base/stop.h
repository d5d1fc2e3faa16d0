/*
 * The user's wish to stop (SIGINT, SIGTERM, SIGHUP), seen at the next wait. Nothing is undone in a
 * handler: a verb that waits gets ERR_INTERRUPTED, returns it, and what it half did is settled as
 * after any other failure.
 */
#pragma once

#include <stdbool.h>

#include "base/err.h"

void stop_install(void); /* also ignores SIGPIPE and SIGXFSZ: writes report EPIPE and EFBIG */
bool stop_requested(void);
/* From now on the end of our terminal is no wish to stop: it is our own doing. */
void stop_ignore_hangup(void);
int stop_fd(void); /* readable once a stop is requested; -1 before stop_install() */
MUST_USE struct err *stop_err(void);
/* While a failed verb settles what it did, a stop already seen must not cut that short as well. */
void stop_forget(void);
