/* Any screen, by the patterns of the agents that come with ao. */
#include <locale.h>

#include "fuzz.h"
#include "rule/screen.h"
#include "store/agent_files.h"

static const char *const names[] = { "claude-code", "codex", "gemini", "opencode", "aider" };
static struct agent agents[COUNT_OF(names)];

static void begin(void)
{
	struct config none = { 0 };

	require(setlocale(LC_CTYPE, "C.UTF-8") != NULL);
	setenv("HOME", "/nonexistent", 1);
	unsetenv("XDG_CONFIG_HOME");
	setenv("AO_SHARE", "share", 0);
	for (size_t i = 0; i < COUNT_OF(names); i++) {
		AUTO(err_release) struct err *e = agent_load(&agents[i], &none, names[i]);
		require(!e);
	}
}

/* First byte: which agent, and whether a first line is the title. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	AUTO(str_release) char *text = n ? str_ndup((const char *)bytes + 1, n - 1) : str_dup("");
	AUTO(str_release) char *rule = NULL;
	AUTO(buf_release) struct buf typed = { 0 }, menu = { 0 };
	const struct agent *a = &agents[(n ? bytes[0] : 0) % COUNT_OF(names)];
	char *screen = text, *title = NULL, *end = strchr(text, '\n');
	enum activity says;

	if (!agents[0].name)
		begin();
	if (n && bytes[0] >= 128 && end) {
		*end = '\0';
		title = text;
		screen = end + 1;
	}
	says = screen_activity(a, title, screen, &rule);
	require(says < ACTIVITY_COUNT && (says == ACTIVITY_UNKNOWN) == !rule);
	require(screen_box(a, screen, &typed) <= SCREEN_BOX_TEXT);
	screen_has_chip(a, screen);
	screen_menu(&menu, screen);
	require(menu.n <= strlen(screen) + 1);
	return 0;
}
