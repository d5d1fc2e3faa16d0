#include <pwd.h>
#include <unistd.h>

#include "base/path.h"
#include "op/daemon.h"
#include "op/exam.h"

static const char *text_of(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));

	return s ? s : "?";
}

/* systemd ends what it runs for a user with his last session, unless he lingers (loginctl(1)). */
static bool may_be_ended(void)
{
	const struct passwd *me = getpwuid(getuid());
	AUTO(str_release)
	char *lingers = str_format("/var/lib/systemd/linger/%s", me ? me->pw_name : "");

	return me && getuid() && path_is_dir("/run/systemd/system") && !path_exists(lingers);
}

static void check_running(struct exam *x, const json_t *told)
{
	struct finding *f = exam_add(x, FINDING_OK, "daemon: runs (pid %d)",
		(int)json_integer_value(json_object_get(told, "pid")));

	if (!str_equal(text_of(told, "version"), AO_VERSION)) {
		f = exam_add(x, FINDING_NOTE, "the daemon is of version %s, ao of " AO_VERSION,
			text_of(told, "version"));
		str_set(&f->fix, "ao restart");
	}
	if (may_be_ended()) {
		f = exam_add(x, FINDING_NOTE, "your last logout may end the daemon, and sessions");
		str_set(&f->fix, "loginctl enable-linger lets them go on");
	}
}

void exam_daemon(struct exam *x)
{
	json_t *told = NULL;
	struct err *e = op_daemon_ask(&told, x->world->store.data_dir);

	if (e)
		exam_add(x, FINDING_PROBLEM, "daemon: %s", e->text);
	else if (told)
		check_running(x, told);
	else
		exam_add(x, FINDING_OK, "daemon: none runs (ao start)");
	err_drop(e, "it is the finding's text");
	json_decref(told);
}
