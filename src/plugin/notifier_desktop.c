/*
 * The desktop's own notifications (Desktop Notifications Specification 1.2), by notify-send(1) of
 * libnotify. The title is plain text there; the body is a subset of HTML, and notify-send itself reads
 * C escapes in it, so both are escaped. Without a desktop it fails at once, since notify-send would wait
 * for a server that D-Bus is asked to start.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/env.h"
#include "base/path.h"
#include "base/run.h"
#include "slot/notifier.h"

enum {
	LIMIT_MS = 10000,
	TITLE_MAX = 200, /* bytes: no server shows more of one */
	BODY_MAX = 1000,
	KEEP = 65536,
};

static const char *const urgencies[] = {
	[PRIORITY_URGENT] = "critical",
	[PRIORITY_ACTION] = "normal",
	[PRIORITY_WARNING] = "normal",
	[PRIORITY_INFO] = "low",
};

/* ---- texts ----------------------------------------------------------------------------------- */

static void add_escaped(struct buf *out, const char *text)
{
	for (; *text; text++)
		switch (*text) {
		case '&':
			buf_adds(out, "&amp;");
			break;
		case '<':
			buf_adds(out, "&lt;");
			break;
		case '>':
			buf_adds(out, "&gt;");
			break;
		case '\\':
			buf_adds(out, "\\\\");
			break;
		default:
			buf_addc(out, *text);
		}
}

static void add_body(struct buf *out, const struct notice *n)
{
	AUTO(buf_release) struct buf plain = { 0 };

	notifier_add(&plain, n->text, TERM_TEXT, BODY_MAX);
	buf_trim(&plain);
	if (n->url) {
		buf_adds(&plain, plain.n ? "\n" : "");
		notifier_add(&plain, n->url, TERM_LINE, BODY_MAX);
	}
	add_escaped(out, buf_text(&plain));
}

/* ---- the bus --------------------------------------------------------------------------------- */

/* As systemd's session bus(8): $XDG_RUNTIME_DIR/bus; a cron job knows of no such variable. NULL: the
 * environment names one. */
static struct err *find_bus(char **address)
{
	const char *named = getenv("DBUS_SESSION_BUS_ADDRESS");
	const char *runtime = getenv("XDG_RUNTIME_DIR");
	AUTO(str_release)
	char *path = str_empty(runtime) ? str_format("/run/user/%u/bus", (unsigned)geteuid())
					: path_join(runtime, "bus");
	struct stat st;

	if (!str_empty(named))
		return NULL;
	if (stat(path, &st) < 0 || !S_ISSOCK(st.st_mode))
		return fail(ERR_FAILED, "no desktop session here (no D-Bus at %s)", path);
	*address = str_format("unix:path=%s", path);
	return NULL;
}

static struct err *usable(const struct notifier_call *c)
{
	AUTO(str_release) char *program = path_program("notify-send");
	AUTO(str_release) char *address = NULL;

	(void)c;
	TRY(find_bus(&address));
	return program ? NULL
		       : fail(ERR_MISSING, "no notify-send on PATH (libnotify-bin, libnotify)");
}

static struct err *send(struct strv *env, const struct notice *n, const char *dir)
{
	AUTO(run_result_release) struct run_result r = { 0 };
	AUTO(buf_release) struct buf same = { 0 };
	AUTO(buf_release) struct buf title = { 0 };
	AUTO(buf_release) struct buf body = { 0 };

	/* the same notice once more takes the place of the first, with servers that know of it */
	buf_adds(&same, "--hint=string:x-canonical-private-synchronous:");
	notifier_add(&same, n->id, TERM_LINE, TITLE_MAX);
	notifier_add(&title, n->title, TERM_LINE, TITLE_MAX);
	add_body(&body, n);
	/* one without a title is refused */
	return RUN_OK(&r,
		.argv = ARGV("notify-send", "--app-name=ao", "--urgency", urgencies[n->priority],
			buf_text(&same), "--", title.n ? title.s : "ao", buf_text(&body)),
		.env = env->v, .dir = dir, .timeout_ms = LIMIT_MS, .keep_n = KEEP);
}

static struct err *tell(const struct notifier_call *c, const struct notice *n)
{
	AUTO(strv_release) struct strv env = { 0 };
	AUTO(str_release) char *bus = NULL;

	TRY(usable(c));
	TRY(find_bus(&bus));
	env_copy(&env);
	if (bus)
		env_set(&env, "DBUS_SESSION_BUS_ADDRESS", bus);
	/* what is not of the locale's character set is refused */
	env_set(&env, "LC_ALL", "C.UTF-8");
	return send(&env, n, c->dir);
}

const struct notifier notifier_desktop = {
	.plugin = { SLOT_NOTIFIER, "desktop", "the desktop's notifications" },
	.tell = tell,
	.usable = usable,
};
