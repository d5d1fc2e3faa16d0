#include "store/port.h"

#include <string.h>

#include "base/file.h"
#include "base/kv.h"
#include "base/path.h"
#include "base/random.h"

enum { FILE_MAX = 4096, SECRET_BYTES = 16 };

static char *file_of(const char *folder)
{
	return path_join(folder, "api");
}

/* It becomes a part of a URL. */
static bool is_number(const char *s)
{
	return s && *s && strlen(s) <= 5 && strspn(s, "0123456789") == strlen(s);
}

void port_read(struct port *p, const char *folder)
{
	AUTO(str_release) char *path = file_of(folder);
	AUTO(buf_release) struct buf text = { 0 };
	AUTO(kv_release) struct kv kv = { 0 };
	bool found;

	err_drop(file_read_if(&text, &found, path, FILE_MAX), "as if there was none");
	kv_parse(&kv, buf_text(&text), text.n, NULL);
	if (!is_number(kv_get(&kv, "port")) || str_empty(kv_get(&kv, "secret")))
		return;
	str_set(&p->number, kv_get(&kv, "port"));
	str_set(&p->secret, kv_get(&kv, "secret"));
}

struct err *port_write(const char *folder, const char *number)
{
	AUTO(str_release) char *path = file_of(folder);
	AUTO(str_release) char *secret = NULL;
	AUTO(str_release) char *text = NULL;

	if (!number)
		return file_remove(path);
	secret = random_hex(SECRET_BYTES);
	text = str_format("port=%s\nsecret=%s\n", number, secret);
	return file_replace(path, text, strlen(text), FILE_VOLATILE);
}

void port_release(struct port *p)
{
	str_release(&p->number);
	str_release(&p->secret);
}
