#include "base/guess.h"

#include <ctype.h>
#include <string.h>

#include "base/mem.h"

enum { LONGEST = 40 };

static int least(int a, int b, int c)
{
	int m = a < b ? a : b;

	return m < c ? m : c;
}

/* Optimal string alignment: an edit is a letter more, less or other, or two swapped neighbours. */
static int edits(const char *a, const char *b)
{
	int n = (int)strlen(a), m = (int)strlen(b);
	int d[LONGEST + 1][LONGEST + 1];

	if (n > LONGEST || m > LONGEST)
		return LONGEST;
	for (int i = 0; i <= n; i++)
		d[i][0] = i;
	for (int j = 0; j <= m; j++)
		d[0][j] = j;
	for (int i = 1; i <= n; i++)
		for (int j = 1; j <= m; j++) {
			d[i][j] = least(d[i - 1][j] + 1, d[i][j - 1] + 1,
				d[i - 1][j - 1] +
					(tolower((unsigned char)a[i - 1]) !=
						tolower((unsigned char)b[j - 1])));
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
				d[i - 2][j - 2] + 1 < d[i][j])
				d[i][j] = d[i - 2][j - 2] + 1;
		}
	return d[n][m];
}

static int allowed(const char *typed)
{
	int n = (int)strlen(typed) / 3;

	return n < 1 ? 1 : n > 3 ? 3 : n;
}

void guess_offer(struct guess *g, const char *typed, const char *candidate)
{
	int distance = edits(typed, candidate);

	if (strlen(typed) > 1 && str_starts(candidate, typed))
		distance = 1;
	if (distance > allowed(typed) || (g->word && distance >= g->distance))
		return;
	g->word = candidate;
	g->distance = distance;
}
