#include "serve/door.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/local.h"
#include "base/path.h"
#include "base/wake.h"
#include "serve/daemon.h"

/* ---- hints --------------------------------------------------------------------------------------- */

static void heed(struct daemon *d, const char *bytes, size_t n)
{
	struct wake w;

	if (!wake_parse(&w, bytes, n))
		return;
	for (size_t i = 0; i < d->spaces.n; i++) {
		struct space *s = d->spaces.v[i];
		struct ward *ward = str_equal(s->name, w.space) ? space_ward(s, w.session) : NULL;
		if (ward)
			ward->dirty = true;
	}
}

static bool is_ours(struct msghdr *m)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c)) {
		struct ucred who;
		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_CREDENTIALS)
			continue;
		memcpy(&who, CMSG_DATA(c), sizeof(who));
		return who.uid == getuid();
	}
	return false;
}

/* False: there is none. */
static bool take_hint(struct daemon *d)
{
	char bytes[WAKE_MAX + 1];
	union {
		struct cmsghdr align;
		char room[CMSG_SPACE(sizeof(struct ucred))];
	} control;
	struct iovec part = { bytes, sizeof(bytes) };
	struct msghdr m = { .msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control) };
	ssize_t n = recvmsg(d->door.hints, &m, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);

	if (n < 0)
		return errno == EINTR;
	if (is_ours(&m))
		heed(d, bytes, (size_t)n);
	return true;
}

static void on_hints(uv_poll_t *h, int status, int events)
{
	struct daemon *d = h->data;

	(void)status;
	(void)events;
	for (int i = 0; i < DATAGRAMS_AT_ONCE && take_hint(d); i++)
		;
	daemon_wake(d);
}

/* ---- calls --------------------------------------------------------------------------------------- */

static json_t *tell_space(const struct space *s)
{
	return json_pack("{s:s, s:s?, s:s?, s:i, s:b}", "name", s->name, "config", s->config.file,
		"trouble", s->trouble, "sessions", (int)s->wards.n, "polling",
		daemon_polls(s->daemon, s));
}

static char *tell(const struct daemon *d)
{
	AUTO(str_release) char *started = clock_iso(d->started_at);
	AUTO(str_release) char *next = d->next_at ? clock_iso(d->next_at) : NULL;
	json_t *spaces = json_array();
	json_t *all;
	char *text;

	for (size_t i = 0; i < d->spaces.n; i++)
		json_array_append_new(spaces, tell_space(d->spaces.v[i]));
	all = json_pack("{s:i, s:s, s:s, s:s, s:I, s:s?, s:o}", "pid", (int)getpid(), "version",
		AO_VERSION, "dataDir", d->data_dir, "startedAt", started, "polls",
		(json_int_t)d->polls, "nextAt", next, "namespaces", spaces);
	text = json_dumps(all, JSON_COMPACT);
	json_decref(all);
	return text;
}

static void answer(const struct client *c, const char *word)
{
	char *text = str_equal(word, "status") || str_equal(word, "stop") ? tell(c->daemon) : NULL;

	if (text)
		(void)send(c->fd, text, strlen(text), MSG_DONTWAIT | MSG_NOSIGNAL);
	free(text);
	if (str_equal(word, "stop"))
		daemon_stop(c->daemon);
}

static void client_closed(uv_handle_t *h)
{
	struct client *c = h->data;

	close(c->fd);
	c->fd = 0;
}

static void on_word(uv_poll_t *h, int status, int events)
{
	struct client *c = h->data;
	char word[32];
	ssize_t n = recv(c->fd, word, sizeof(word) - 1, MSG_DONTWAIT);

	(void)status;
	(void)events;
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	word[n > 0 ? n : 0] = '\0';
	answer(c, word);
	uv_poll_stop(h);
	uv_close((uv_handle_t *)h, client_closed);
}

static bool may_call(int fd)
{
	uid_t uid;

	return local_peer(fd, &uid) && uid == getuid();
}

/* NULL: too many speak at once, and say nothing. */
static struct client *free_place(struct door *door)
{
	for (size_t i = 0; i < CLIENTS_MAX; i++)
		if (!door->clients[i].fd)
			return &door->clients[i];
	return NULL;
}

static void on_calls(uv_poll_t *h, int status, int events)
{
	struct daemon *d = h->data;
	int fd = accept4(d->door.calls, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	struct client *c = fd < 0 ? NULL : free_place(&d->door);

	(void)status;
	(void)events;
	if (fd < 0)
		return;
	if (!c || !may_call(fd)) {
		close(fd);
		return;
	}
	*c = (struct client){ .daemon = d, .fd = fd };
	uv_poll_init(&d->loop, &c->poll, fd);
	c->poll.data = c;
	uv_poll_start(&c->poll, UV_READABLE, on_word);
}

/* ---- open ---------------------------------------------------------------------------------------- */

struct err *door_open(struct door *door, struct daemon *d)
{
	int yes = 1;

	TRY(local_listen(&door->hints, d->data_dir, WAKE_SOCKET, SOCK_DGRAM));
	TRY(local_listen(&door->calls, d->data_dir, CALL_SOCKET, SOCK_SEQPACKET));
	if (setsockopt(door->hints, SOL_SOCKET, SO_PASSCRED, &yes, sizeof(yes)) < 0)
		return fail_errno("cannot tell who speaks to us");
	uv_poll_init(&d->loop, &door->on_hints, door->hints);
	uv_poll_init(&d->loop, &door->on_calls, door->calls);
	door->on_hints.data = door->on_calls.data = d;
	uv_poll_start(&door->on_hints, UV_READABLE, on_hints);
	uv_poll_start(&door->on_calls, UV_READABLE, on_calls);
	return NULL;
}

static void take_away(const struct daemon *d, int fd, const char *name)
{
	AUTO(str_release) char *path = path_join(d->data_dir, name);

	close(fd);
	unlink(path);
}

void door_close(struct door *door, const struct daemon *d)
{
	if (door->hints > 0)
		take_away(d, door->hints, WAKE_SOCKET);
	if (door->calls > 0)
		take_away(d, door->calls, CALL_SOCKET);
	for (size_t i = 0; i < CLIENTS_MAX; i++)
		if (door->clients[i].fd)
			close(door->clients[i].fd);
	*door = (struct door){ 0 };
}
