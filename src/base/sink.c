#include "base/sink.h"

void sink_say(struct sink *s, enum sink_kind kind, const char *format, ...)
{
	AUTO(str_release) char *line = NULL;
	va_list ap;

	if (!s)
		return;
	va_start(ap, format);
	line = str_vformat(format, ap);
	va_end(ap);
	s->say(s, kind, line);
}
