/*
 * One request on its way: a libcurl handle for the multi interface, and what its end means. Redirects
 * are followed within the same scheme, host and port only; one elsewhere is refused and named in
 * `location`, since the token is not for there. Proxy and CA come from the environment: http_proxy,
 * https_proxy, no_proxy, SSL_CERT_FILE, SSL_CERT_DIR.
 */
#pragma once

#include <curl/curl.h>

#include "net/cache.h"
#include "net/request.h"

enum { REDIRECTS_MAX = 5 };

struct transfer {
	struct request *request;
	const char *dir; /* of the cache */
	CURL *curl;      /* its private pointer is the transfer; NULL: not begun, or over */
	struct curl_slist *headers;
	struct kept kept;
	struct answer answer;
	char *etag, *url; /* of the answer; where it is asked after a redirect */
	int64_t began, date_ms, retry_ms;
	int redirects;
	bool too_large;
	char error[CURL_ERROR_SIZE];
};

/* Ready to be added to a multi handle. began: since when its time runs, by clock_mono(). */
MUST_USE struct err *transfer_begin(
	struct transfer *t, struct request *r, const char *dir, int64_t began);
/* It has ended: t->answer is complete, and kept and limits are on disk. True: it was sent elsewhere and
 * t->curl is to be added again. */
bool transfer_end(struct transfer *t, CURLcode code);
void transfer_release(struct transfer *t);
