#include "store/outbox.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/kv.h"
#include "base/path.h"

enum { MESSAGE_MAX = 8 << 20, TEXT_MAX = 7 << 20 /* the rest is for the header */ };

#define ROW(name, word) word,
static const char *const words[] = { MESSAGE_STATES(ROW) };
#undef ROW

const char *message_state_word(enum message_state s)
{
	return words[s];
}

static bool parse_state(enum message_state *s, const char *word)
{
	for (int i = 0; i < MESSAGE_STATE_COUNT; i++) {
		if (str_equal(words[i], word)) {
			*s = (enum message_state)i;
			return true;
		}
	}
	return false;
}

void message_release(struct message *m)
{
	str_release(&m->from);
	str_release(&m->kind);
	str_release(&m->note);
	str_release(&m->reaction);
	str_release(&m->items);
	str_release(&m->ticket);
	buf_release(&m->text);
	*m = (struct message){ 0 };
}

void messages_release(struct messages *m)
{
	for (size_t i = 0; i < m->list.n; i++)
		message_release(&m->list.v[i]);
	free(m->list.v);
	*m = (struct messages){ 0 };
}

static void set_time(struct kv *kv, const char *key, int64_t ms)
{
	AUTO(str_release) char *text = ms ? clock_iso_ms(ms) : NULL;

	kv_set(kv, key, text);
}

static void write_reaction(struct kv *kv, const struct message *m)
{
	AUTO(str_release) char *attempt = str_format("%d", m->attempt);

	kv_set(kv, "reaction", m->reaction);
	kv_set(kv, "items", m->items);
	kv_set(kv, "attempt", attempt);
}

static void write_message(struct buf *out, const struct message *m)
{
	AUTO(kv_release) struct kv kv = { 0 };

	kv_set(&kv, "state", words[m->state]);
	kv_set(&kv, "kind", m->kind ? m->kind : "message");
	kv_set(&kv, "from", m->from);
	if (m->reaction)
		write_reaction(&kv, m);
	set_time(&kv, "made", m->made_at);
	set_time(&kv, "changed", m->changed_at);
	set_time(&kv, "mark", m->mark);
	kv_set(&kv, "note", m->note);
	kv_set(&kv, "ticket", m->ticket);
	kv_set(&kv, "refused", m->refused ? "yes" : NULL);
	kv_write(out, &kv);
	buf_addc(out, '\n');
	buf_add(out, buf_text(&m->text), m->text.n);
}

static char *message_path(const struct store *st, const char *id, int number)
{
	return str_format("%s/%s/outbox/%04d", st->dir, id, number);
}

struct err *outbox_save(const struct store *st, const char *id, const struct message *m)
{
	AUTO(str_release) char *path = message_path(st, id, m->number);
	AUTO(buf_release) struct buf b = { 0 };

	write_message(&b, m);
	return file_replace(path, b.s, b.n, FILE_DURABLE);
}

static int by_number(const void *a, const void *b)
{
	int x = *(const int *)a, y = *(const int *)b;

	return x < y ? -1 : x > y;
}

struct numbers {
	VEC(int) list;
};

static void numbers_release(struct numbers *n)
{
	free(n->list.v);
}

static struct err *list_numbers(struct numbers *out, const char *folder)
{
	AUTO(strv_release) struct strv names = { 0 };

	TRY(file_list(&names, folder));
	/* a copy of a message, "0001~", is none: it would be typed once more */
	STRV_EACH(name, &names)
		if (strspn(*name, "0123456789") == strlen(*name) && strlen(*name) < 10 &&
			atoi(*name) > 0)
			*vec_push(&out->list) = atoi(*name);
	if (out->list.n)
		qsort(out->list.v, out->list.n, sizeof(*out->list.v), by_number);
	return NULL;
}

static struct err *make_folder(const struct store *st, const char *id, const char *folder)
{
	AUTO(str_release) char *session = store_folder(st, id);

	if (path_is_dir(folder))
		return NULL;
	TRY(file_make_dirs(folder));
	return file_sync_dir(
		session); /* a durable message in a folder that a power cut forgets is none */
}

/* Two senders at once: the lock of the outbox, not the session's, which one of them may hold for
 * minutes while it waits. */
struct err *outbox_add(const struct store *st, const char *id, struct message *m)
{
	AUTO(lock_release) struct lock l = { 0 };
	AUTO(numbers_release) struct numbers numbers = { 0 };
	AUTO(str_release) char *folder = store_path(st, id, "outbox");
	AUTO(str_release) char *lock = store_path(st, id, "outbox.lock");

	if (m->text.n > TEXT_MAX)
		return fail(ERR_USAGE, "the message is larger than %d MiB", TEXT_MAX >> 20);
	TRY(make_folder(st, id, folder));
	TRY(lock_take(&l, lock, 10000));
	TRY(list_numbers(&numbers, folder));
	m->number = numbers.list.n ? numbers.list.v[numbers.list.n - 1] + 1 : 1;
	m->made_at = m->changed_at = clock_wall();
	return outbox_save(st, id, m);
}

static bool parse_message(struct message *m, const char *text, size_t n)
{
	AUTO(kv_release) struct kv kv = { 0 };
	const char *end = n > 1 ? memmem(text, n, "\n\n", 2) : NULL;

	if (!end)
		return false;
	kv_parse(&kv, text, (size_t)(end - text), NULL);
	if (!parse_state(&m->state, kv_get(&kv, "state")))
		return false;
	str_set(&m->kind, kv_get(&kv, "kind"));
	str_set(&m->from, kv_get(&kv, "from"));
	str_set(&m->note, kv_get(&kv, "note"));
	str_set(&m->reaction, kv_get(&kv, "reaction"));
	str_set(&m->items, kv_get(&kv, "items"));
	str_set(&m->ticket, kv_get(&kv, "ticket"));
	m->refused = str_equal(kv_get(&kv, "refused"), "yes");
	m->attempt = kv_get(&kv, "attempt") ? atoi(kv_get(&kv, "attempt")) : 0;
	clock_parse(&m->made_at, kv_get(&kv, "made"));
	clock_parse(&m->changed_at, kv_get(&kv, "changed"));
	clock_parse(&m->mark, kv_get(&kv, "mark"));
	buf_add(&m->text, end + 2, n - (size_t)(end + 2 - text));
	return true;
}

bool message_is_live(enum message_state s)
{
	return s == MESSAGE_QUEUED || s == MESSAGE_TYPING || s == MESSAGE_SUBMITTED;
}

static struct err *read_some(
	struct messages *out, const struct store *st, const char *id, int above, bool live_only)
{
	AUTO(numbers_release) struct numbers numbers = { 0 };
	AUTO(str_release) char *folder = store_path(st, id, "outbox");

	TRY(list_numbers(&numbers, folder));
	for (size_t i = 0; i < numbers.list.n; i++) {
		AUTO(str_release) char *path = message_path(st, id, numbers.list.v[i]);
		AUTO(buf_release) struct buf b = { 0 };
		struct message m = { .number = numbers.list.v[i] };
		bool found;

		if (m.number <= above)
			continue;
		TRY(file_read_if(&b, &found, path, MESSAGE_MAX));
		if (found && parse_message(&m, buf_text(&b), b.n) &&
			(!live_only || message_is_live(m.state)))
			*vec_push(&out->list) = m;
		else
			message_release(&m);
	}
	return NULL;
}

struct err *outbox_read(
	struct messages *out, const struct store *st, const char *id, bool live_only)
{
	return read_some(out, st, id, 0, live_only);
}

struct err *outbox_read_above(
	struct messages *out, const struct store *st, const char *id, int number)
{
	return read_some(out, st, id, number, false);
}

int outbox_last(const struct store *st, const char *id)
{
	AUTO(numbers_release) struct numbers numbers = { 0 };
	AUTO(str_release) char *folder = store_path(st, id, "outbox");

	err_drop(list_numbers(&numbers, folder), "as if none");
	return numbers.list.n ? numbers.list.v[numbers.list.n - 1] : 0;
}
