#include "base/env.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void env_copy(struct strv *env)
{
	strv_add_all(env, environ);
}

static int is_name(const char *entry, const char *name)
{
	size_t n = strlen(name);

	return strncmp(entry, name, n) == 0 && entry[n] == '=';
}

const char *env_get(const struct strv *env, const char *name)
{
	STRV_EACH(s, env)
		if (is_name(*s, name))
			return *s + strlen(name) + 1;
	return NULL;
}

static void take_out(struct strv *env, size_t i)
{
	free(env->v[i]);
	memmove(&env->v[i], &env->v[i + 1], (env->n - i) * sizeof(*env->v));
	env->n--;
}

void env_set(struct strv *env, const char *name, const char *value)
{
	for (size_t i = env->n; i-- > 0;)
		if (is_name(env->v[i], name))
			take_out(env, i);
	if (value)
		strv_addf(env, "%s=%s", name, value);
}

void env_put(struct strv *env, const char *entry)
{
	AUTO(str_release) char *name = str_ndup(entry, strcspn(entry, "="));

	env_set(env, name, NULL);
	strv_add(env, entry);
}

void env_unset_prefix(struct strv *env, const char *prefix)
{
	for (size_t i = env->n; i-- > 0;)
		if (str_starts(env->v[i], prefix))
			take_out(env, i);
}
