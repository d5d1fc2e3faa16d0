/* Any bytes are a file of signals: sorted, counted, and the rest named as broken. */
#include "fuzz.h"
#include "store/signals.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	AUTO(signals_release) struct signals s = { 0 };
	size_t lines = n && bytes[n - 1] != '\n', length;
	uint64_t hash;

	for (size_t i = 0; i < n; i++)
		lines += bytes[i] == '\n';
	signals_parse(&s, (const char *)bytes, n);
	require(s.list.n + (size_t)s.broken <= lines);
	for (size_t i = 0; i < s.list.n; i++) {
		const struct signal_line *l = &s.list.v[i];
		require(l->kind < SIGNAL_COUNT && l->source && l->text);
		require(!i || s.list.v[i - 1].at <= l->at);
	}
	signal_digest(&length, &hash, (const char *)bytes, n);
	require(length <= n);
	return 0;
}
