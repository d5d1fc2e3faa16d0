#include "slot/scm.h"

#define SCM(name) extern const struct scm scm_##name;
#include "slot/scms.def"
#undef SCM

static const struct scm *const scms[] = {
#define SCM(name) &scm_##name,
#include "slot/scms.def"
#undef SCM
};

static struct err *find(const struct scm **out, const char *name)
{
	for (size_t i = 0; i < COUNT_OF(scms); i++) {
		if (str_equal(scms[i]->plugin.name, name)) {
			*out = scms[i];
			return NULL;
		}
	}
	return fail(ERR_CONFIG,
		"scm: '%s' is not there yet; 'scm: {plugin: local}' works with any repository",
		name ? name : "");
}

struct err *scm_of_project(const struct scm **out, const struct project *p)
{
	if (p->scm.plugin)
		return find(out, p->scm.plugin);
	for (size_t i = 0; i < COUNT_OF(scms); i++) {
		if (scms[i]->serves(p->path)) {
			*out = scms[i];
			return NULL;
		}
	}
	return fail(ERR_CONFIG,
		"%s has a remote, and no forge is known for it: 'scm: {plugin: local}' keeps pull "
		"requests here",
		p->id);
}

const struct scm *scm_of_pull(const char *pr)
{
	for (size_t i = 0; i < COUNT_OF(scms); i++)
		if (!str_empty(pr) && scms[i]->owns(pr))
			return scms[i];
	return NULL;
}
