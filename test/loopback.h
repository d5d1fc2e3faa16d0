/*
 * An HTTP server for tests, on a loopback port and a unix socket of its own, ended by loopback_end(). A
 * path says what happens; every request is a line in the file `log`, "METHOD path token etag", every
 * connection a line "+"; the last one that had a body lies in the file `request` whole. Include it before kit.h.
 */
#pragma once

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

struct loopback {
	pid_t pid;
	int port;
	char log[128], socket[108];
};

/* path, status, more headers, body. {port} and {reset} are filled in. */
struct loopback_answer {
	const char *path;
	int status;
	const char *headers, *body;
};

static const struct loopback_answer *loopback_find(
	const struct loopback_answer *table, const char *path)
{
	for (; table->path; table++)
		if (strcmp(table->path, path) == 0)
			break;
	return table;
}

__attribute__((unused)) static void loopback_log(const struct loopback *l, const char *line)
{
	int fd = open(l->log, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);

	if (write(fd, line, strlen(line)) < 0)
		_exit(9);
	close(fd);
}

/* Head and body as they came. */
static void loopback_keep(const struct loopback *l, const char *head, const char *body, size_t n)
{
	char path[140];
	FILE *f;

	snprintf(path, sizeof(path), "%.*srequest", (int)(strlen(l->log) - strlen("log")), l->log);
	f = fopen(path, "we");
	if (!f)
		_exit(9);
	fprintf(f, "%s\n\n", head);
	fwrite(body, 1, n, f);
	fclose(f);
}

static void loopback_header(char *out, size_t n, const char *request, const char *name)
{
	const char *at = strcasestr(request, name);

	snprintf(out, n, "-");
	if (at)
		snprintf(
			out, n, "%.*s", (int)strcspn(at + strlen(name), "\r\n"), at + strlen(name));
}

static void loopback_fill(char *out, size_t n, const char *text, int port)
{
	size_t at = 0;

	out[0] = '\0';
	for (; *text && at + 24 < n; text++) {
		if (strncmp(text, "{port}", 6) == 0) {
			at += (size_t)sprintf(out + at, "%d", port);
			text += 5;
		} else if (strncmp(text, "{reset}", 7) == 0) {
			at += (size_t)sprintf(out + at, "%lld", (long long)time(NULL) + 600);
			text += 6;
		} else {
			out[at++] = *text;
			out[at] = '\0';
		}
	}
}

/* False: the connection is to be closed. */
static int loopback_answer(
	const struct loopback *l, int fd, const char *request, const struct loopback_answer *table)
{
	char method[16] = "", path[256] = "", token[128], etag[128], line[700], headers[1024];
	const struct loopback_answer *a;
	char head[1400];
	size_t n;

	sscanf(request, "%15s %255s", method, path);
	loopback_header(token, sizeof(token), request, "authorization: ");
	loopback_header(etag, sizeof(etag), request, "if-none-match: ");
	snprintf(line, sizeof(line), "%s %s %s %s\n", method, path, token, etag);
	loopback_log(l, line);
	if (strcmp(path, "/drop") == 0)
		return 0;
	if (strcmp(path, "/slow") == 0)
		for (;;)
			pause();
	if (strcmp(path, "/truncated") == 0) {
		dprintf(fd, "HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n{\"a\":");
		return 0;
	}
	a = loopback_find(table, path);
	loopback_fill(headers, sizeof(headers), a->headers ? a->headers : "", l->port);
	n = a->body ? strlen(a->body) : 0;
	if (strcmp(etag, "\"one\"") == 0 && strstr(headers, "ETag: \"one\"")) {
		dprintf(fd, "HTTP/1.1 304 Not Modified\r\n%s\r\n", headers);
		return 1;
	}
	n = (size_t)snprintf(head, sizeof(head),
		"HTTP/1.1 %d Word\r\nContent-Length: %zu\r\n%s\r\n", a->path ? a->status : 404, n,
		headers);
	if (write(fd, head, n) < 0 || (a->body && write(fd, a->body, strlen(a->body)) < 0))
		return 0;
	return 1;
}

static void loopback_serve(const struct loopback *l, int fd, const struct loopback_answer *table)
{
	char b[65536];
	size_t have = 0;

	loopback_log(l, "+\n");
	for (;;) {
		char *end, length[32];
		ssize_t n = read(fd, b + have, sizeof(b) - 1 - have);
		size_t body;

		if (n <= 0)
			_exit(0);
		have += (size_t)n;
		b[have] = '\0';
		while ((end = strstr(b, "\r\n\r\n"))) {
			*end = '\0';
			loopback_header(length, sizeof(length), b, "content-length: ");
			body = (size_t)atoi(length);
			while (have < (size_t)(end - b) + 4 + body) {
				n = read(fd, b + have, sizeof(b) - 1 - have);
				if (n <= 0)
					_exit(0);
				have += (size_t)n;
			}
			if (body)
				loopback_keep(l, b, end + 4, body);
			if (!loopback_answer(l, fd, b, table))
				_exit(0);
			have -= (size_t)(end - b) + 4 + body;
			memmove(b, end + 4 + body, have);
			b[have] = '\0';
		}
	}
}

static void loopback_run(
	const struct loopback *l, const int fds[2], const struct loopback_answer *table)
{
	signal(SIGCHLD, SIG_IGN);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	setpgid(0, 0);
	for (;;) {
		fd_set set;

		FD_ZERO(&set);
		FD_SET(fds[0], &set);
		FD_SET(fds[1], &set);
		if (select((fds[0] > fds[1] ? fds[0] : fds[1]) + 1, &set, NULL, NULL, NULL) < 0)
			continue;
		for (int i = 0; i < 2; i++) {
			int fd = FD_ISSET(fds[i], &set) ? accept(fds[i], NULL, NULL) : -1;

			if (fd >= 0 && fork() == 0) {
				prctl(PR_SET_PDEATHSIG, SIGKILL);
				loopback_serve(l, fd, table);
			}
			if (fd >= 0)
				close(fd);
		}
	}
}

/* table ends with an entry without path. */
__attribute__((unused)) static void loopback_begin(
	struct loopback *l, const char *dir, const struct loopback_answer *table)
{
	struct sockaddr_in in = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	socklen_t n = sizeof(in);
	int fds[2] = { socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0),
		socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0) };

	snprintf(l->log, sizeof(l->log), "%s/log", dir);
	snprintf(l->socket, sizeof(l->socket), "%s/socket", dir);
	strcpy(un.sun_path, l->socket);
	if (bind(fds[0], (struct sockaddr *)&in, sizeof(in)) < 0 ||
		getsockname(fds[0], (struct sockaddr *)&in, &n) < 0 || listen(fds[0], 64) < 0 ||
		bind(fds[1], (struct sockaddr *)&un, sizeof(un)) < 0 || listen(fds[1], 64) < 0)
		abort();
	l->port = ntohs(in.sin_port);
	fflush(NULL);
	l->pid = fork();
	if (l->pid == 0)
		loopback_run(l, fds, table);
	setpgid(l->pid, l->pid);
	close(fds[0]);
	close(fds[1]);
}

__attribute__((unused)) static void loopback_end(struct loopback *l)
{
	kill(-l->pid, SIGKILL);
	waitpid(l->pid, NULL, 0);
}

/* How many lines of the log begin so. */
__attribute__((unused)) static int loopback_count(const struct loopback *l, const char *line)
{
	FILE *f = fopen(l->log, "re");
	char b[1024];
	int n = 0;

	while (f && fgets(b, sizeof(b), f))
		n += strncmp(b, line, strlen(line)) == 0;
	if (f)
		fclose(f);
	return n;
}
