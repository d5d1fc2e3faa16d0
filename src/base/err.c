#include "base/err.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const int exit_codes[] = {
	[ERR_FAILED] = 1,
	[ERR_USAGE] = 2,
	[ERR_UNCONFIRMED] = 3,
	[ERR_MISSING] = 4,
	[ERR_CONFIG] = 5,
	[ERR_REFUSED] = 6,
	[ERR_TIMEOUT] = 7,
	[ERR_INTERRUPTED] = 130,
};

int err_exit_code(enum err_class class)
{
	return exit_codes[class];
}

static struct err *err_new(enum err_class class, char *text)
{
	struct err *e = mem_alloc(sizeof(*e));

	e->class = class;
	e->text = text;
	return e;
}

struct err *fail(enum err_class class, const char *format, ...)
{
	va_list ap;
	char *text;

	va_start(ap, format);
	text = str_vformat(format, ap);
	va_end(ap);
	return err_new(class, text);
}

struct err *fail_errno(const char *format, ...)
{
	const char *reason = strerror(errno);
	AUTO(str_release) char *what = NULL;
	va_list ap;

	va_start(ap, format);
	what = str_vformat(format, ap);
	va_end(ap);
	return err_new(ERR_FAILED, str_format("%s: %s", what, reason));
}

struct err *wrap(struct err *e, const char *format, ...)
{
	AUTO(str_release) char *context = NULL;
	AUTO(str_release) char *inner = NULL;
	va_list ap;

	if (!e)
		return NULL;
	va_start(ap, format);
	context = str_vformat(format, ap);
	va_end(ap);
	inner = e->text;
	e->text = str_format("%s: %s", context, inner);
	return e;
}

void err_free(struct err *e)
{
	if (!e)
		return;
	free(e->text);
	free(e);
}

void err_release(struct err **e)
{
	err_free(*e);
	*e = NULL;
}

void err_drop(struct err *e, const char *why)
{
	if (e && getenv("AO_TRACE"))
		fprintf(stderr, "ao: trace: dropped (%s): %s\n", why, e->text);
	err_free(e);
}
