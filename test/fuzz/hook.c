/* Anything may be said to a hook; what becomes of it is text, or a length and a hash. */
#include "fuzz.h"
#include "op/hook_input.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	for (int kind = 0; kind < SIGNAL_COUNT; kind++) {
		AUTO(str_release) char *words = NULL;
		struct signal_line s = { .kind = (enum signal_kind)kind };
		AUTO(conversation_release) struct conversation told = { 0 };

		hook_input(&s, &words, &told, (const char *)bytes, n);
		require(s.length <= n);
		require(s.kind != SIGNAL_PROMPT || !s.text);
		require(!s.text || strlen(s.text) <= 4096);
	}
	return 0;
}
