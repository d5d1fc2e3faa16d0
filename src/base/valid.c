#include "base/valid.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

bool valid_id(const char *s)
{
	size_t n = s ? strlen(s) : 0;

	if (n < 1 || n > 64 || s[0] == '-')
		return false;
	for (size_t i = 0; i < n; i++)
		if (!isascii((unsigned char)s[i]) ||
			(!isalnum((unsigned char)s[i]) && s[i] != '_' && s[i] != '-'))
			return false;
	return true;
}

bool valid_orchestrator(const char *id)
{
	return valid_id(id) && str_ends(id, "-orchestrator");
}

bool valid_session(const char *id, int *prefix_n, long *number)
{
	const char *dash = id ? strrchr(id, '-') : NULL;

	if (valid_orchestrator(id)) {
		*prefix_n = (int)(dash - id);
		*number = 0;
		return true;
	}
	if (!valid_id(id) || !dash || dash == id || !dash[1] || dash[1] == '0' || strlen(dash) > 10)
		return false;
	for (const char *p = dash + 1; *p; p++)
		if (!isdigit((unsigned char)*p))
			return false;
	*prefix_n = (int)(dash - id);
	*number = strtol(dash + 1, NULL, 10);
	return true;
}

/* One component between slashes. */
static bool valid_component(const char *s, size_t n)
{
	return n > 0 && s[0] != '.' && !(n >= 5 && memcmp(s + n - 5, ".lock", 5) == 0);
}

bool valid_branch(const char *s)
{
	if (str_empty(s) || s[0] == '-' || strlen(s) > 200 || str_equal(s, "@") ||
		str_equal(s, "HEAD"))
		return false;
	if (strstr(s, "..") || strstr(s, "@{") || str_ends(s, ".") || str_ends(s, "/"))
		return false;
	for (const unsigned char *p = (const unsigned char *)s; *p; p++)
		if (*p <= ' ' || *p == 0x7f || strchr("~^:?*[\\", *p))
			return false;
	for (const char *p = s;; p++) {
		size_t n = strcspn(p, "/");
		if (!valid_component(p, n))
			return false;
		p += n;
		if (!*p)
			return true;
	}
}

bool valid_loopback(const char *host)
{
	return str_equal(host, "localhost") || str_ends(host, ".localhost") ||
		str_equal(host, "[::1]") ||
		(str_starts(host, "127.") && strspn(host, "0123456789.") == strlen(host));
}
