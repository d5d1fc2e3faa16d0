#include "model/agent_read.h"

#include <regex.h>
#include <stdlib.h>
#include <string.h>

static const char *check_regex(const char *value)
{
	regex_t re;

	if (regcomp(&re, value, REG_EXTENDED | REG_NOSUB) != 0)
		return "a POSIX extended regular expression";
	regfree(&re);
	return NULL;
}

static const char *check_name(const char *value)
{
	return *value && !strchr(value, '/') ? NULL : "the bare name of a program";
}

static struct strv *permission(void *owner, const char **name, size_t i)
{
	struct agent *a = owner;
	struct agent_words *w;

	if (*name)
		for (i = 0; i < a->permissions.n && !str_equal(a->permissions.v[i].name, *name);
			i++)
			;
	else if (i >= a->permissions.n)
		return NULL;
	if (i < a->permissions.n) {
		*name = a->permissions.v[i].name;
		return &a->permissions.v[i].words;
	}
	w = (struct agent_words *)vec_push(&a->permissions);
	w->name = str_dup(*name);
	return &w->words;
}

#define PATTERNS(word, activity, about)                                                            \
	{                                                                                          \
		.name = word, .type = KEY_PATTERNS,                                                \
		.at = sizeof(struct strv) * ACTIVITY_##activity, .check = check_regex,             \
		.doc = about                                                                       \
	}

static const struct key pattern_keys[] = {
	PATTERNS("active", ACTIVE, "it is working"),
	PATTERNS("waiting", WAITING_INPUT,
		"it asks: a menu or a permission; all of a list must be seen"),
	PATTERNS("blocked", BLOCKED, "its last turn ended in an error"),
	PATTERNS("ready", READY, "it waits for a message"),
};
static const struct schema patterns = { .keys = pattern_keys, .n = COUNT_OF(pattern_keys) };

static const char *const channels[] = { "keys", "codex", "opencode", "qwen", NULL };
static const char *const session_ids[] = { "preset", "hook", "api", NULL };

#define SEND(field) offsetof(struct agent_send, field)
static const struct key send_keys[] = {
	KEY("channel", TEXT, SEND(channel), "how a message reaches it", .standard = "keys",
		.words = channels),
	KEY("clear", LIST, SEND(clear),
		"keys that clear one line of input, and do nothing in an empty one",
		.standard = "nothing clears"),
	KEY("interrupt", LIST, SEND(interrupt), "keys that interrupt a turn",
		.standard = "nothing interrupts"),
	KEY("enterDelay", MS, SEND(enter_delay), "between a paste and Enter", .standard = "200ms"),
	KEY("pasteMax", INT, SEND(paste_max),
		"bytes above which it makes a file of a paste; longer ones go in parts",
		.standard = "0", .max = 1 << 20),
	KEY("commandChars", TEXT, SEND(command_chars),
		"first characters that make a text a command"),
	KEY("queue", BOOL, SEND(queue), "text typed while it works is queued", .standard = "false",
		.has = SEND(has_queue)),
	KEY("box", TEXT, SEND(box), "the prompt mark of the input line", .check = check_regex),
	KEY("boxEnd", TEXT, SEND(box_end), "the line below a box that has no prompt mark",
		.check = check_regex),
	KEY("placeholder", TEXT, SEND(placeholder),
		"the hint an empty box shows, where it is not dim", .check = check_regex),
	KEY("chip", TEXT, SEND(chip), "how a collapsed paste shows", .check = check_regex),
};
static const struct schema send_schema = { .keys = send_keys, .n = COUNT_OF(send_keys) };

#define LIMIT(field) offsetof(struct agent_limit, field)
static const struct key limit_keys[] = {
	KEY("spent", TEXT, LIMIT(spent), "what it says when its quota is spent",
		.check = check_regex),
	KEY("until", TEXT, LIMIT(until), "what stands before the time until which it is",
		.check = check_regex),
};
static const struct schema limit_schema = { .keys = limit_keys, .n = COUNT_OF(limit_keys) };

#define AT(field) offsetof(struct agent, field)
static const struct key agent_keys[] = {
	KEY("command", LIST, AT(command), "argv of a fresh start, with placeholders; no shell",
		.flags = KEY_SENSITIVE),
	KEY("permissions", LISTS, 0, "words that {permissions} becomes, by name",
		.list = permission, .flags = KEY_SENSITIVE),
	KEY("resume", LIST, AT(resume), "argv that resumes {agentSessionId}",
		.flags = KEY_SENSITIVE),
	KEY("process", TEXT, AT(process), "the name that tells it from its children",
		.check = check_name),
	KEY("env", ENV, AT(env), "its environment, beside the project's", .flags = KEY_SENSITIVE),
	KEY("hooks", TEXT, AT(hooks), "a folder of files, {hooks}, by which it reports",
		.standard = "none"),
	KEY("transcript", TEXT, AT(transcript), "a built-in reader of its transcript",
		.standard = "none"),
	KEY("versions", TEXT, AT(versions), "what the patterns were seen on, such as '>=2.1'"),
	KEY("sessionId", TEXT, AT(session_id), "where its own session id comes from",
		.standard = "it has none", .words = session_ids),
	KEY("title", MAP, AT(title), "patterns on the terminal's title", .inside = &patterns),
	KEY("screen", MAP, AT(screen), "patterns on the lines at the bottom of the screen",
		.inside = &patterns),
	KEY("send", MAP, AT(send), "how text is typed to it", .inside = &send_schema),
	KEY("limit", MAP, AT(limit), "how it says that its quota is spent",
		.inside = &limit_schema),
};

static void agent_done(struct schema_reader *r, const struct yaml *y, void *agent, const char *path)
{
	struct agent *a = agent;

	(void)y;
	(void)path;
	schema_program_path(r, &a->command);
	schema_program_path(r, &a->resume);
}

const struct schema agent_schema = {
	.keys = agent_keys, .n = COUNT_OF(agent_keys), .done = agent_done
};

struct err *agent_read(struct agent *a, const char *file, const char *text, size_t n,
	const struct config_world *world)
{
	AUTO(yaml_release) struct yaml root = { 0 };
	AUTO(strv_release) struct strv errors = { 0 };
	AUTO(str_release) char *dir = folder_of(file);
	struct schema_reader r = { .world = world, .file = file, .dir = dir, .errors = &errors };

	if (yaml_parse(&root, &errors, file, text, n))
		schema_read(&r, &agent_schema, &root, a, "");
	str_set(&a->file, file);
	return schema_errors(&errors);
}

void agent_overlay(struct agent *a, const struct agent *over)
{
	schema_overlay(&agent_schema, a, over);
	for (size_t i = 0; i < over->permissions.n; i++) {
		const char *name = over->permissions.v[i].name;
		struct strv *words = permission(a, &name, 0);
		strv_release(words);
		strv_add_all(words, over->permissions.v[i].words.v);
	}
	if (over->file)
		str_set(&a->file, over->file);
	if (over->from_config &&
		(over->command.v || over->resume.v || over->env.v || over->permissions.n))
		a->from_config = true;
}

struct err *agent_complete(const struct agent *a)
{
	if (!a->command.n)
		return fail(ERR_CONFIG, "%s: agent '%s' has no command", a->file ? a->file : "?",
			a->name);
	if (str_equal(a->session_id, "preset") && !agent_uses(&a->command, "{agentSessionId}"))
		return fail(ERR_CONFIG,
			"%s: agent '%s' presets its session id, but its command does not say "
			"{agentSessionId}",
			a->file, a->name);
	return NULL;
}
