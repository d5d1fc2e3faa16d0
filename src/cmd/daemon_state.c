#include "cmd/daemon_state.h"

#include "base/clock.h"
#include "base/path.h"
#include "op/daemon.h"

static const char *text_of(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));

	return s ? s : "";
}

static void show_space(struct face *f, const json_t *space)
{
	const char *trouble = text_of(space, "trouble");
	long n = (long)json_integer_value(json_object_get(space, "sessions"));

	face_print(f, "  %s: %ld session%s, %s\n", text_of(space, "name"), n, n == 1 ? "" : "s",
		text_of(space, "config"));
	if (*trouble)
		face_print(f, "    nothing is done until this is mended: %s\n", trouble);
}

static char *age_of(const json_t *told, const char *key, int sign)
{
	int64_t at;

	if (!clock_parse(&at, text_of(told, key)))
		return NULL;
	return clock_age(sign * (clock_wall() - at));
}

/* It goes on as it was when ao itself was upgraded. */
static void show_version(struct face *f, const json_t *told)
{
	const char *version = text_of(told, "version");

	if (!str_equal(version, AO_VERSION))
		face_print(f,
			"  It is of version %s, ao of " AO_VERSION
			": 'ao restart' takes over; sessions go on.\n",
			version);
}

void daemon_show(struct face *f, json_t *told)
{
	AUTO(str_release) char *age = age_of(told, "startedAt", 1);
	AUTO(str_release) char *left = age_of(told, "nextAt", -1);
	AUTO(str_release) char *next = left ? str_format("in %s", left) : NULL;
	const json_t *spaces = json_object_get(told, "namespaces");
	size_t i;
	json_t *space;

	if (f->json) {
		face_json(f, told);
		return;
	}
	face_print(f, "Daemon runs (pid %d, for %s).\n",
		(int)json_integer_value(json_object_get(told, "pid")), age ? age : "?");
	face_field(f, "Serves", text_of(told, "dataDir"));
	face_field(f, "Next", next ? next : "when something happens");
	show_version(f, told);
	json_array_foreach(spaces, i, space)
	{
		show_space(f, space);
	}
	json_decref(told);
}

struct err *daemon_started(
	struct face *f, const char *folder, const char *what, json_t *orchestrators)
{
	AUTO(str_release) char *log = path_join(folder, "daemon.log");
	json_t *told = NULL;

	TRY(op_daemon_ask(&told, folder));
	if (!told)
		return fail(ERR_FAILED, "the daemon has ended again: see %s", log);
	if (f->json) {
		if (orchestrators)
			json_object_set(told, "orchestrators", orchestrators);
		face_json(f, told);
		return NULL;
	}
	face_ink(f, INK_GREEN, "✓");
	face_print(f, " Daemon %s (pid %d).\n", what,
		(int)json_integer_value(json_object_get(told, "pid")));
	face_field(f, "Serves", text_of(told, "dataDir"));
	show_version(f, told);
	json_decref(told);
	return NULL;
}
