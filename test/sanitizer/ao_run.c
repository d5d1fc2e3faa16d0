/* LeakSanitizer stops the process by a tracer of its own, which needs signals that ao-run keeps
 * blocked: both would wait for each other for ever. Linked into ao-run with SAN=1 alone. */
const char *__asan_default_options(void);

const char *__asan_default_options(void)
{
	return "detect_leaks=0";
}
