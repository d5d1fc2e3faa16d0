/*
 * Errors are owned values. NULL is success; whoever receives one passes it up, prints it (main) or
 * drops it on purpose with err_drop(). The text is one line for the user: what failed, and what to
 * do next. The class is the exit code of the command (contract, section 4), in one table.
 */
#pragma once

#include "base/mem.h"

enum err_class {
	ERR_FAILED,      /* 1 */
	ERR_USAGE,       /* 2 */
	ERR_UNCONFIRMED, /* 3: delivery not confirmed */
	ERR_MISSING,     /* 4: no such session or project */
	ERR_CONFIG,      /* 5 */
	ERR_REFUSED,     /* 6: refused to protect work */
	ERR_TIMEOUT,     /* 7 */
	ERR_INTERRUPTED, /* 130 */
};

struct err {
	enum err_class class;
	char *text;
};

MUST_USE struct err *fail(enum err_class class, const char *format, ...) PRINTF(2, 3);
/* Class failed; ": " and the reason of errno are appended. */
MUST_USE struct err *fail_errno(const char *format, ...) PRINTF(1, 2);
/* "context: text", class kept. NULL passes through. Takes e. */
MUST_USE struct err *wrap(struct err *e, const char *format, ...) PRINTF(2, 3);

int err_exit_code(enum err_class class); /* 0 is not among them */
void err_free(struct err *e);
void err_release(struct err **e);
/* Dropped on purpose; AO_TRACE=1 shows it with the reason why nobody needs it. */
void err_drop(struct err *e, const char *why);

#define TRY(expression)                                                                            \
	do {                                                                                       \
		struct err *try_err = (expression);                                                \
		if (try_err)                                                                       \
			return try_err;                                                            \
	} while (0)
