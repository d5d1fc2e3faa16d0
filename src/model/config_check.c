#include "model/config_check.h"

#include <ctype.h>
#include <string.h>

#include "base/buf.h"
#include "base/valid.h"
#include "model/config_read.h"

const char *check_count_or_time(const char *value)
{
	int64_t ms;
	size_t n = strspn(value, "0123456789");

	if (n && !value[n] && n < 6)
		return NULL;
	return text_ms(&ms, value) ? NULL : "a count such as 2 or a time such as 30m";
}

static bool host_chars(const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!isalnum((unsigned char)s[i]) && !strchr(".-:[]_", s[i]))
			return false;
	return n > 0 && s[0] != '-';
}

const char *check_host(const char *value)
{
	return host_chars(value, strlen(value)) ? NULL : "a host name such as git.example.org";
}

/* host[:port] without the port, n bytes */
static bool is_loopback(const char *host, size_t n)
{
	AUTO(str_release) char *h = str_ndup(host, n);

	if (h[0] != '[' && strchr(h, ':'))
		*strchr(h, ':') = '\0';
	else if (h[0] == '[' && strchr(h, ']'))
		strchr(h, ']')[1] = '\0';
	return valid_loopback(h);
}

const char *check_url(const char *value)
{
	bool plain = str_starts(value, "http://");
	const char *host = value + (plain ? 7 : 8);
	size_t n;

	if (!plain && !str_starts(value, "https://"))
		return "an https URL (http on loopback only)";
	n = strcspn(host, "/?#");
	if (!host_chars(host, n) || strpbrk(value, " \t\r\n@"))
		return "a URL without user name and blanks";
	return plain && !is_loopback(host, n)
		? "https, since a token is sent there (http on loopback only)"
		: NULL;
}

const char *check_repo(const char *value)
{
	const char *slash = strchr(value, '/');

	for (const char *p = value; *p; p++)
		if (!isalnum((unsigned char)*p) && !strchr("._-/~", *p))
			return "of the form owner/repository";
	if (!slash || slash == value || str_ends(value, "/") || strstr(value, "//") ||
		strstr(value, ".."))
		return "of the form owner/repository";
	return value[0] == '-' ? "of the form owner/repository" : NULL;
}

const char *check_branch(const char *value)
{
	return valid_branch(value) ? NULL : "a branch name";
}

const char *check_inner_path(const char *value)
{
	static const char *const must = "a relative path without '..'";

	if (!*value || value[0] == '/' || value[0] == '~')
		return must;
	for (const char *p = value; *p; p += strcspn(p, "/"), p += *p == '/')
		if (strncmp(p, "..", 2) == 0 && (p[2] == '/' || !p[2]))
			return must;
	return NULL;
}

const char *check_plain_name(const char *value)
{
	return valid_id(value) ? NULL : "a plain name ([A-Za-z0-9_-]+)";
}

const char *check_id(const char *value)
{
	return valid_id(value) ? NULL : "a plain name ([A-Za-z0-9_-]+)";
}

/* Ids are prefix-number and at most 64 long. */
const char *config_check_prefix(const char *value)
{
	return valid_id(value) && strlen(value) <= 50 ? NULL : "a plain name ([A-Za-z0-9_-]+)";
}

static const char *base_name(const char *path, size_t *n)
{
	size_t end = strlen(path), start;

	while (end > 1 && path[end - 1] == '/')
		end--;
	start = end;
	while (start && path[start - 1] != '/')
		start--;
	*n = end - start;
	return path + start;
}

char *config_derived_prefix(const char *path)
{
	size_t n, m = 0, capitals = 0;
	const char *base = base_name(path, &n);
	AUTO(str_release) char *clean = str_ndup(base, n);
	AUTO(buf_release) struct buf b = { 0 };

	for (size_t i = 0; i < n; i++)
		if (isascii((unsigned char)base[i]) &&
			(isalnum((unsigned char)base[i]) || base[i] == '_' ||
				(base[i] == '-' && m)))
			clean[m++] = base[i];
	clean[m] = '\0';
	for (size_t i = 0; i < m; i++)
		capitals += isupper((unsigned char)clean[i]) != 0;
	for (size_t i = 0; i < m; i++) {
		bool word = isalnum((unsigned char)clean[i]) &&
			(!i || !isalnum((unsigned char)clean[i - 1]));
		bool take = m <= 4 ||
			(capitals >= 2 ? isupper((unsigned char)clean[i]) != 0
					: strpbrk(clean, "-_") ? word
							       : i < 3);
		if (take && b.n < 50)
			buf_addc(&b, (char)tolower((unsigned char)clean[i]));
	}
	return valid_id(b.s) ? buf_detach(&b) : NULL;
}

void check_sensitive(struct schema_reader *r, const char *path, const char *key)
{
	if (r->sensitive)
		strv_addf(r->sensitive, "%s.%s", path, key);
}

void check_at_key(struct schema_reader *r, const struct yaml *y, const char *key, const char *what)
{
	const struct yaml *e = yaml_get(y, key);

	if (e)
		schema_wrong(r, e->line, e->column, "%s", what);
	else
		schema_wrong(r, y->name_line, y->name_column, "%s", what);
}

void project_done(struct schema_reader *r, const struct yaml *y, void *project, const char *path)
{
	struct project *p = project;
	AUTO(str_release) char *what = NULL;

	if (!yaml_get(y, "path") || yaml_is_null(yaml_get(y, "path")))
		what = str_format("%s needs 'path', the folder of its main checkout", path);
	else if (p->path && r->world && r->world->is_dir &&
		!r->world->is_dir(r->world->with, p->path))
		what = str_format("%s.path: no such folder: %s", path, p->path);
	if (what)
		check_at_key(r, y, "path", what);
	str_release(&what);
	if (!p->path || p->prefix || yaml_get(y, "sessionPrefix"))
		return;
	p->prefix = config_derived_prefix(p->path);
	if (!p->prefix)
		p->prefix = config_derived_prefix(p->id);
	if (!p->prefix)
		check_at_key(r, y, "path",
			"no session prefix can be made of that name: set sessionPrefix");
}

/* An agent that asks nothing runs whatever the repository's own words make it run. */
void permissions_done(
	struct schema_reader *r, const struct yaml *y, void *project, const char *path)
{
	const struct project *p = project;

	(void)y;
	if (p->permissions && !str_equal(p->permissions, "default"))
		check_sensitive(r, path, "permissions");
}

void slot_done(struct schema_reader *r, const struct yaml *y, void *slot, const char *path)
{
	struct slot_config *s = slot;

	(void)y;
	if (s->host && !str_equal(s->host, "github.com") && !str_equal(s->host, "gitlab.com"))
		check_sensitive(r, path, "host");
}

/* What is merged without a word has been read by nobody, so the file that says so must be the user's. */
void reaction_done(struct schema_reader *r, const struct yaml *y, void *reaction, const char *path)
{
	const struct reaction_config *c = reaction;

	if (!str_equal(c->action, "auto-merge"))
		return;
	check_sensitive(r, path, "action");
	if (!str_equal(c->event, "approved-and-green")) {
		AUTO(str_release)
		char *what = str_format(
			"%s.action: auto-merge is an action of approved-and-green alone", path);
		check_at_key(r, y, "action", what);
	}
}
