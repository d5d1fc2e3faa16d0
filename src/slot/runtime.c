#include "slot/runtime.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/path.h"

#define RUNTIME(name) extern const struct runtime runtime_##name;
#include "slot/runtimes.def"
#undef RUNTIME

#define RUNTIME(name) &runtime_##name,
static const struct runtime *const runtimes[] = {
#include "slot/runtimes.def"
};
#undef RUNTIME

struct err *runtime_find(const struct runtime **out, const char *name)
{
	AUTO(buf_release) struct buf known = { 0 };

	for (size_t i = 0; i < COUNT_OF(runtimes); i++) {
		if (str_equal(runtimes[i]->plugin.name, name)) {
			*out = runtimes[i];
			return NULL;
		}
		buf_addf(&known, "%s%s", i ? ", " : "", runtimes[i]->plugin.name);
	}
	return fail(ERR_CONFIG, "runtime: there is no \"%s\"; choose one of: %s", name ? name : "",
		buf_text(&known));
}

bool runtime_is_mark(const char *uid)
{
	return uid && strlen(uid) == 32 && strspn(uid, "0123456789abcdef") == 32;
}

struct err *runtime_program(char **path, const char *name, const char *variable)
{
	AUTO(str_release) char *beside = path_join(path_self_dir(), name);
	AUTO(str_release) char *libexec = str_format("%s/../libexec/ao/%s", path_self_dir(), name);
	const char *const places[] = { getenv(variable), beside, libexec };

	for (size_t i = 0; i < COUNT_OF(places); i++) {
		if (!str_empty(places[i]) && access(places[i], X_OK) == 0) {
			*path = path_absolute(places[i], NULL);
			return NULL;
		}
	}
	return fail(ERR_MISSING, "%s: neither %s nor %s; is ao installed whole?", name, beside,
		libexec);
}

struct err *runtime_present(const struct runtime *r)
{
	AUTO(str_release) char *program = r->needs ? path_program(r->needs) : NULL;

	if (program || !r->needs)
		return NULL;
	return fail(ERR_FAILED,
		"no program '%s' on PATH: install it, or start sessions with runtime: process",
		r->needs);
}

void runtime_fact_release(struct runtime_fact *f)
{
	str_release(&f->title);
	str_release(&f->screen);
	*f = (struct runtime_fact){ 0 };
}

void runtime_marks_free(struct runtime_mark *marks, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		free(marks[i].handle);
		free(marks[i].uid);
		free(marks[i].folder);
		free(marks[i].session);
	}
	free(marks);
}
