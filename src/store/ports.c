#include "store/ports.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/file.h"
#include "base/hash.h"
#include "base/path.h"

enum { FIRST = 20000, COUNT = 10000, LIST_MAX = 4 << 20, WAIT_MS = 10000 };

struct leases {
	struct kv kv;
	struct lock lock;
	char *path;
};

static char *list_path(void)
{
	return path_join(path_home(), ".agent-orchestrator/ports");
}

static void leases_release(struct leases *l)
{
	kv_release(&l->kv);
	lock_release(&l->lock);
	str_release(&l->path);
}

struct err *ports_read(struct kv *out)
{
	AUTO(str_release) char *path = list_path();
	AUTO(buf_release) struct buf b = { 0 };
	bool found;

	TRY(file_read_if(&b, &found, path, LIST_MAX));
	kv_parse(out, buf_text(&b), b.n, NULL);
	return NULL;
}

static struct err *leases_take(struct leases *l)
{
	AUTO(str_release) char *dir = NULL;
	AUTO(str_release) char *lock = NULL;

	l->path = list_path();
	dir = path_dir(l->path);
	lock = str_format("%s.lock", l->path);
	TRY(file_make_dirs(dir));
	TRY(lock_take(&l->lock, lock, WAIT_MS));
	return ports_read(&l->kv);
}

static struct err *leases_save(const struct leases *l)
{
	AUTO(buf_release) struct buf b = { 0 };

	kv_write(&b, &l->kv);
	return file_replace(l->path, b.s, b.n, FILE_DURABLE);
}

void ports_split(struct strv *out, const char *ports)
{
	for (const char *at = ports ? ports : ""; *at;) {
		size_t n = strcspn(at, " ");
		AUTO(str_release) char *word = str_ndup(at, n);
		if (n)
			strv_add(out, word);
		at += n + (at[n] == ' ');
	}
}

/* ---- free or not ----------------------------------------------------------------------------- */

/* SO_REUSEADDR: a listener refuses us, what is left of closed connections does not (socket(7)). */
static bool binds(int family, const struct sockaddr *address, socklen_t n)
{
	const int on = 1;
	int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool ok;

	if (fd < 0)
		return true; /* no such family here, so nobody listens by it */
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
	ok = bind(fd, address, n) == 0 || errno == EADDRNOTAVAIL;
	close(fd);
	return ok;
}

static bool nobody_listens(const char *port)
{
	struct sockaddr_in four = { .sin_family = AF_INET };
	struct sockaddr_in6 six = { .sin6_family = AF_INET6, .sin6_addr = IN6ADDR_ANY_INIT };

	four.sin_port = six.sin6_port = htons((uint16_t)atoi(port));
	return binds(AF_INET, (struct sockaddr *)&four, sizeof(four)) &&
		binds(AF_INET6, (struct sockaddr *)&six, sizeof(six));
}

static bool in_range(const char *port)
{
	return strlen(port) == 5 && strspn(port, "0123456789") == 5 && atoi(port) >= FIRST &&
		atoi(port) < FIRST + COUNT;
}

static bool available(const struct leases *l, const char *port, const char *folder)
{
	const char *holder = kv_get(&l->kv, port);

	return holder ? str_equal(holder, folder) : nobody_listens(port);
}

/* ---- lease and release ----------------------------------------------------------------------- */

/* Each session looks from a place of its own on, so that what one gives back is not at once another's. */
static struct err *add_free(
	struct strv *got, const struct leases *l, const char *folder, const struct strv *had)
{
	uint64_t from = hash_fnv(folder, strlen(folder));

	for (uint64_t i = 0; i < COUNT; i++) {
		AUTO(str_release)
		char *port = str_format("%d", FIRST + (int)((from + i) % COUNT));
		if (strv_has(got, port) || strv_has(had, port) || !available(l, port, folder))
			continue;
		strv_add(got, port);
		return NULL;
	}
	return fail(ERR_FAILED,
		"no port is left between %d and %d: ao doctor shows leases that nobody needs",
		FIRST, FIRST + COUNT - 1);
}

/* Exactly these are the session's. False: they were before. */
static bool assign(struct leases *l, const char *folder, const struct strv *ports)
{
	AUTO(strv_release) struct strv held = { 0 };
	bool changed = false;

	for (size_t i = 0; i < l->kv.n; i++)
		if (l->kv.v[i].key && str_equal(l->kv.v[i].value, folder))
			strv_add(&held, l->kv.v[i].key);
	STRV_EACH(port, &held) {
		if (!strv_has(ports, *port)) {
			kv_set(&l->kv, *port, NULL);
			changed = true;
		}
	}
	STRV_EACH(port, ports) {
		if (!strv_has(&held, *port)) {
			kv_set(&l->kv, *port, folder);
			changed = true;
		}
	}
	return changed;
}

struct err *ports_lease(char **out, const char *folder, const char *had, int n)
{
	AUTO(leases_release) struct leases l = { 0 };
	AUTO(strv_release) struct strv before = { 0 }, got = { 0 };
	AUTO(buf_release) struct buf text = { 0 };

	ports_split(&before, had);
	TRY(leases_take(&l));
	for (size_t i = 0; i < (size_t)n; i++) {
		const char *old = i < before.n ? before.v[i] : "";
		if (in_range(old) && !strv_has(&got, old) && available(&l, old, folder))
			strv_add(&got, old);
		else
			TRY(add_free(&got, &l, folder, &before));
	}
	STRV_EACH(port, &got)
		buf_addf(&text, "%s%s", text.n ? " " : "", *port);
	if (assign(&l, folder, &got))
		TRY(leases_save(&l));
	*out = text.n ? buf_detach(&text) : NULL;
	return NULL;
}

struct err *ports_release(const char *folder)
{
	AUTO(leases_release) struct leases l = { 0 };
	AUTO(str_release) char *path = list_path();

	if (!path_exists(path))
		return NULL;
	TRY(leases_take(&l));
	return assign(&l, folder, &(struct strv){ 0 }) ? leases_save(&l) : NULL;
}
