/* Runs one fuzz target over the files named, with any compiler: how the corpus is a test like others. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		FILE *f = fopen(argv[i], "rb");
		size_t room = 1 << 20, n;
		uint8_t *bytes = malloc(room);

		if (!f || !bytes) {
			perror(argv[i]);
			exit(1);
		}
		n = fread(bytes, 1, room, f);
		fclose(f);
		/* to its size, so that a read past the end is seen */
		bytes = realloc(bytes, n ? n : 1);
		if (!bytes)
			abort();
		LLVMFuzzerTestOneInput(bytes, n);
		free(bytes);
	}
	return 0;
}
