/* A launch file is taken whole or not at all; what was taken is written again as the same. */
#include "base/launch.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	AUTO(launch_file_release) struct launch_file l = { 0 }, again = { 0 };
	AUTO(buf_release) struct buf one = { 0 }, two = { 0 };
	AUTO(err_release) struct err *e = launch_decode(&l, (const char *)bytes, n);

	if (e) {
		require(!l.cwd && !l.process && !l.argv.v && !l.env.v);
		return 0;
	}
	require(l.cwd[0] == '/' && l.argv.n && l.argv.v[0][0] && l.mask <= 0777);
	launch_encode(&one, &l);
	AUTO(err_release) struct err *second = launch_decode(&again, one.s, one.n);
	require(!second);
	launch_encode(&two, &again);
	require(same(&one, &two));
	return 0;
}
