#include "model/pull.h"

#include <stdlib.h>

static const char *const state_words[] = { "none", "open", "merged", "closed" };
static const char *const check_words[] = { "pending", "success", "failure", "timeout",
	"cancelled" };
static const char *const remark_words[] = { "comment", "ask", "approve", "request-changes" };

const char *ci_word(enum ci ci)
{
	static const char *const words[] = { NULL, "none", "pending", "success", "failure" };

	return words[ci];
}

const char *review_word(enum review review)
{
	static const char *const words[] = { NULL, "none", "pending", "approved",
		"changes_requested" };

	return words[review];
}

const char *pull_state_word(enum pull_state state)
{
	return state_words[state];
}

const char *check_word(enum check_state state)
{
	return check_words[state];
}

const char *remark_word(enum remark_kind kind)
{
	return remark_words[kind];
}

const char *merge_word(enum merge_method method)
{
	static const char *const words[] = { "squash", "merge", "rebase" };

	return words[method];
}

static bool among(int *out, const char *word, const char *const *words, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (str_equal(words[i], word)) {
			*out = (int)i;
			return true;
		}
	}
	return false;
}

bool check_state_of(enum check_state *out, const char *word)
{
	int i;

	if (!among(&i, word, check_words, COUNT_OF(check_words)))
		return false;
	*out = (enum check_state)i;
	return true;
}

bool remark_kind_of(enum remark_kind *out, const char *word)
{
	int i;

	if (!among(&i, word, remark_words, COUNT_OF(remark_words)))
		return false;
	*out = (enum remark_kind)i;
	return true;
}

bool pull_state_of(enum pull_state *out, const char *word)
{
	int i;

	if (!among(&i, word, state_words, COUNT_OF(state_words)))
		return false;
	*out = (enum pull_state)i;
	return true;
}

bool remark_is_thread(const struct remark *r)
{
	return (r->kind == REMARK_COMMENT || r->kind == REMARK_CHANGES) && !str_empty(r->text);
}

static enum ci judge_checks(const struct pull *p)
{
	bool pending = false;

	for (size_t i = 0; i < p->checks.n; i++) {
		enum check_state s = p->checks.v[i].state;
		if (s == CHECK_FAILURE || s == CHECK_TIMEOUT)
			return CI_FAILURE;
		pending |= s != CHECK_SUCCESS;
	}
	return !p->checks.n ? CI_NONE : pending ? CI_PENDING : CI_SUCCESS;
}

bool remark_is_last_word(const struct pull *p, size_t i)
{
	for (size_t k = i + 1; k < p->remarks.n; k++)
		if (p->remarks.v[k].kind >= REMARK_APPROVE &&
			str_equal(p->remarks.v[k].by, p->remarks.v[i].by))
			return false;
	return true;
}

static enum review judge_remarks(const struct pull *p)
{
	enum review review = REVIEW_NONE;

	for (size_t i = 0; i < p->remarks.n; i++) {
		const struct remark *r = &p->remarks.v[i];
		if (r->kind == REMARK_CHANGES && remark_is_last_word(p, i))
			return REVIEW_CHANGES;
		if (r->kind == REMARK_ASK)
			review = REVIEW_PENDING;
		if (r->kind == REMARK_APPROVE && remark_is_last_word(p, i))
			review = str_equal(r->head, p->head) ? REVIEW_APPROVED : REVIEW_PENDING;
	}
	return review;
}

void pull_judge(struct pull *p)
{
	p->ci = judge_checks(p);
	p->review = judge_remarks(p);
	p->threads = 0;
	for (size_t i = 0; i < p->remarks.n; i++)
		p->threads += remark_is_thread(&p->remarks.v[i]) && !p->remarks.v[i].resolved;
}

void check_release(struct check *c)
{
	str_release(&c->name);
	str_release(&c->command);
	str_release(&c->step);
	str_release(&c->url);
	str_release(&c->tail);
	str_release(&c->log);
}

void remark_release(struct remark *r)
{
	str_release(&r->by);
	str_release(&r->to);
	str_release(&r->head);
	str_release(&r->file);
	str_release(&r->text);
}

void pull_release(struct pull *p)
{
	char **texts[] = { &p->url, &p->title, &p->body, &p->branch, &p->base, &p->head,
		&p->session, &p->author, &p->merged_as };

	for (size_t i = 0; i < COUNT_OF(texts); i++)
		str_release(texts[i]);
	for (size_t i = 0; i < p->checks.n; i++)
		check_release(&p->checks.v[i]);
	free(p->checks.v);
	for (size_t i = 0; i < p->remarks.n; i++)
		remark_release(&p->remarks.v[i]);
	free(p->remarks.v);
	strv_release(&p->conflicts);
	*p = (struct pull){ 0 };
}

void pulls_release(struct pulls *p)
{
	for (size_t i = 0; i < p->list.n; i++)
		pull_release(&p->list.v[i]);
	free(p->list.v);
	*p = (struct pulls){ 0 };
}
