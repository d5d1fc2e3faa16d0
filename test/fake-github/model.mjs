// GitHub in memory: repositories, pull requests, issues, checks, reviews, threads, with real bare
// repositories below. Tests set causes (a check failed, a branch was pushed); reviewDecision,
// mergeable, mergeStateStatus and the rollup are computed on each reading and stored nowhere.
import fs from 'node:fs';
import path from 'node:path';
import * as git from '../fake/git.mjs';

const WRITERS = ['OWNER', 'MEMBER', 'COLLABORATOR'];
const METHOD_ALLOWED = {
	MERGE: 'mergeCommitAllowed', SQUASH: 'squashMergeAllowed', REBASE: 'rebaseMergeAllowed',
};
const PREFIX = {
	Repository: 'R', User: 'U', Bot: 'BOT', Issue: 'I', PullRequest: 'PR', Label: 'LA', CheckRun: 'CR',
	StatusContext: 'SC', PullRequestReview: 'PRR', PullRequestReviewThread: 'PRRT',
	PullRequestReviewComment: 'PRRC', IssueComment: 'IC', Team: 'T',
};

export class Refusal extends Error {
	constructor(message, { type = 'UNPROCESSABLE', status = 422 } = {}) {
		super(message);
		Object.assign(this, { type, status });
	}
}

export class Model {
	constructor({ dir, viewer = 'ann' }) {
		Object.assign(this, { dir, viewer, offset: 0, seq: 1000 });
		Object.assign(this, { repos: new Map(), moved: new Map(), users: new Map(), teams: new Map(), byId: new Map() });
		this.user(viewer);
	}
	// An hour of a rate limit passes by `advance`, not by waiting.
	seconds() { return Math.floor(Date.now() / 1000) + this.offset; }
	now() { return new Date(this.seconds() * 1000).toISOString().replace('.000Z', 'Z'); }
	advance(seconds) { this.offset += seconds; }

	made(kind, fields) {
		const made = {
			kind, databaseId: ++this.seq, createdAt: this.now(), updatedAt: this.now(), ...fields,
		};
		made.id = `${PREFIX[kind]}_${Buffer.from(String(made.databaseId)).toString('base64url')}`;
		this.byId.set(made.id, made);
		return made;
	}
	team(name) {
		this.teams.set(name, this.made('Team', { slug: name.split('/')[1], name }));
	}
	touch(thing) { thing.updatedAt = this.now(); }
	// null is a deleted account; NAME[bot] an app, which GraphQL names without the brackets
	user(name) {
		if (name === null) return null;
		const login = name.replace(/\[bot\]$/, '');
		if (!this.users.has(name))
			this.users.set(name, this.made(login === name ? 'User' : 'Bot', { login, name }));
		return this.users.get(name);
	}
	association(repo, user, said) {
		if (said) return said;
		if (!user) return 'NONE';
		if (user === repo.owner) return 'OWNER';
		return repo.members[user.name] ?? (user.login === this.viewer ? 'MEMBER' : 'NONE');
	}

	// Repositories

	repo(name) {
		const key = String(name).toLowerCase();
		return this.repos.get(key) ?? this.moved.get(key);
	}
	gitDir(name) { return path.join(this.dir, 'repos', `${name}.git`); }
	addRepo(name, set = {}) {
		if (this.repo(name)) throw new Refusal('Name already exists on this account');
		const [owner, short] = name.split('/');
		const repo = this.made('Repository', {
			owner: this.user(owner), name: short, defaultBranch: 'main', description: null, pushedAt: this.now(),
			isPrivate: false, archived: false, fork: null, hasIssues: true, mergeCommitAllowed: true,
			squashMergeAllowed: true, rebaseMergeAllowed: true, autoMergeAllowed: false,
			deleteBranchOnMerge: false, viewerPermission: 'WRITE', members: { reviewer: 'COLLABORATOR' },
			requiredApprovals: 0, requiredChecks: [], strictChecks: false,
			checksOnPush: [], // what a push starts: [{name: 'build'}]
			unknownReads: 0, // how often `mergeable` is UNKNOWN after a push
			labels: new Map(), issues: new Map(), prs: new Map(), refs: new Map(), nextNumber: 1,
			...set, fork: set.fork ? this.mustRepo(set.fork) : null,
		});
		repo.dir = this.gitDir(name);
		git.create(repo.dir, {
			branch: repo.defaultBranch, repo: repo.databaseId, socket: path.join(this.dir, 'socket'),
		});
		this.repos.set(name.toLowerCase(), repo);
		if (repo.fork) git.copy(repo.fork.dir, repo.dir);
		this.pushed(repo);
		return repo;
	}
	mustRepo(name) {
		const repo = this.repo(name);
		if (!repo) throw new Error(`no repository ${name}`);
		return repo;
	}
	nameOf(repo) { return `${repo.owner.login}/${repo.name}`; }
	rename(repo, to) {
		const old = this.nameOf(repo), [owner, name] = to.split('/'), dir = this.gitDir(to);
		fs.mkdirSync(path.dirname(dir), { recursive: true });
		fs.renameSync(repo.dir, dir);
		fs.symlinkSync(dir, repo.dir); // git follows the old name too
		Object.assign(repo, { owner: this.user(owner), name, dir });
		this.repos.delete(old.toLowerCase());
		this.moved.set(old.toLowerCase(), repo);
		this.repos.set(to.toLowerCase(), repo);
	}
	archive(repo, archived = true) {
		repo.archived = archived;
		const mark = path.join(repo.dir, 'archived');
		if (archived) fs.writeFileSync(mark, '');
		else fs.rmSync(mark, { force: true });
	}
	writable(repo) {
		if (repo.archived)
			throw new Refusal('Repository was archived so is read-only.', { type: 'FORBIDDEN', status: 403 });
	}

	// Pushes

	pushed(repo) {
		const before = repo.refs;
		repo.refs = git.heads(repo.dir);
		for (const [name, oid] of repo.refs) if (before.get(name) !== oid) this.refMoved(repo, name, oid);
		for (const name of before.keys()) if (!repo.refs.has(name)) this.refGone(repo, name);
	}
	openPrs() {
		return [...this.repos.values()].flatMap((r) => [...r.prs.values()]).filter((p) => p.state === 'OPEN');
	}
	refMoved(repo, name, oid) {
		repo.pushedAt = this.now();
		for (const pr of this.openPrs()) {
			if (pr.headRepo === repo && pr.headRefName === name) this.setHead(pr, oid);
			if (pr.repo !== repo || pr.baseRefName !== name) continue;
			pr.unknownLeft = repo.unknownReads;
			if (git.contains(repo.dir, oid, pr.headRefOid)) this.merged(pr, oid);
		}
	}
	refGone(repo, name) {
		for (const pr of this.openPrs())
			if (pr.headRepo === repo && pr.headRefName === name) this.setState(pr, 'CLOSED');
	}
	setHead(pr, oid) {
		const { repo, headRepo } = pr;
		if (headRepo !== repo) git.git(repo.dir, ['fetch', '-q', headRepo.dir, oid]);
		git.git(repo.dir, ['update-ref', `refs/pull/${pr.number}/head`, oid]);
		Object.assign(pr, { headRefOid: oid, checks: [], unknownLeft: repo.unknownReads });
		for (const check of repo.checksOnPush) this.check(pr, { status: 'QUEUED', ...check });
		for (const thread of pr.threads) if (thread.outdatedByPush) thread.isOutdated = true;
		this.touch(pr);
	}
	deleteRef(repo, name) {
		if (!repo.refs.has(name)) return false;
		git.git(repo.dir, ['update-ref', '-d', `refs/heads/${name}`]);
		this.pushed(repo);
		return true;
	}

	// Issues and pull requests

	label(repo, name) {
		if (!repo.labels.has(name))
			repo.labels.set(name, this.made('Label', { name, color: 'ededed', description: null, repo }));
		return repo.labels.get(name);
	}
	item(kind, repo, { number, title, body = '', author = this.viewer, association, labels = [], assignees = [] }) {
		this.writable(repo);
		const taken = number ?? repo.nextNumber;
		repo.nextNumber = Math.max(repo.nextNumber, taken + 1);
		const user = this.user(author);
		return this.made(kind, {
			repo, number: taken, title: title ?? `#${taken}`, body, state: 'OPEN', author: user,
			authorAssociation: this.association(repo, user, association), comments: [], closedAt: null,
			labels: labels.map((l) => this.label(repo, l.name ?? l)),
			assignees: assignees.map((login) => this.user(login)), locked: false,
		});
	}
	addIssue(repo, set) {
		const issue = Object.assign(this.item('Issue', repo, set), { stateReason: null });
		repo.issues.set(issue.number, issue);
		return issue;
	}
	// head is `branch` or `owner:branch` of a fork
	addPr(repo, { head, base = repo.defaultBranch, draft = false, ...set }) {
		const [branch, owner = repo.owner.login] = head.split(':').reverse();
		const headRepo = owner === repo.owner.login ? repo
			: [...this.repos.values()].find((r) => r.fork === repo && r.owner.login === owner);
		const oid = headRepo?.refs.get(branch);
		const twin = (p) => p.headRepo === headRepo && p.headRefName === branch && p.baseRefName === base;
		if (!oid) throw new Refusal("Head sha can't be blank, Head ref must be a branch");
		if (!repo.refs.has(base)) throw new Refusal('Base ref must be a branch');
		if (this.openPrs().some((p) => p.repo === repo && twin(p)))
			throw new Refusal(`A pull request already exists for ${owner}:${branch}.`);
		if (headRepo === repo && git.contains(repo.dir, repo.refs.get(base), oid))
			throw new Refusal(`No commits between ${base} and ${branch}`);
		const pr = Object.assign(this.item('PullRequest', repo, set), {
			isDraft: draft, headRepo, headRefName: branch, baseRefName: base, checks: [], reviews: [],
			threads: [], reviewRequests: [], mergedAt: null, mergedBy: null, mergeCommitOid: null,
			autoMerge: null, last: null,
		});
		repo.prs.set(pr.number, pr);
		this.setHead(pr, oid);
		return pr;
	}
	thing(repo, number) { return repo.prs.get(number) ?? repo.issues.get(number); }
	setState(thing, state, reason) {
		this.writable(thing.repo);
		if (thing.kind === 'Issue')
			thing.stateReason = state === 'CLOSED' ? (reason ?? 'COMPLETED') : 'REOPENED';
		Object.assign(thing, { state, closedAt: state === 'OPEN' ? null : this.now() });
		this.touch(thing);
	}
	// A check run (conclusion, status, log, annotations) or, with `state`, a commit status. It is of the commit:
	// the pull request is not newer for it.
	check(pr, { name, state, status, conclusion, url, log, summary, annotations, workflow }) {
		let check = pr.checks.find((c) => c.name === name);
		if (!check) {
			check = this.made(state ? 'StatusContext' : 'CheckRun', { name, pr, oid: pr.headRefOid, workflow: 'CI' });
			pr.checks.push(check);
		}
		const given = { state, url, log, summary, annotations, workflow };
		for (const [key, value] of Object.entries(given)) if (value !== undefined) check[key] = value;
		if (conclusion) Object.assign(check, { status: 'COMPLETED', conclusion, completedAt: this.now() });
		else if (status) Object.assign(check, { status, conclusion: null, completedAt: null });
		if (check.status !== 'QUEUED') check.startedAt ??= this.now();
		this.maybeAutoMerge(pr);
		return check;
	}
	review(pr, { author = 'reviewer', state, body = '', association }) {
		this.writable(pr.repo);
		const user = this.user(author);
		if (user && user === pr.author && state !== 'COMMENTED')
			throw new Refusal('Can not approve your own pull request');
		const review = this.made('PullRequestReview', {
			pr, author: user, state, body, submittedAt: this.now(), commitOid: pr.headRefOid,
			authorAssociation: this.association(pr.repo, user, association),
		});
		pr.reviews.push(review);
		pr.reviewRequests = pr.reviewRequests.filter((u) => u !== user);
		this.touch(pr);
		this.maybeAutoMerge(pr);
		return review;
	}
	thread(pr, { file = 'README', line = 1, resolved = false, outdatedByPush = false, ...first }) {
		const thread = this.made('PullRequestReviewThread', {
			pr, path: file, line, isResolved: resolved, isOutdated: false, resolvedBy: null, outdatedByPush,
			comments: [],
		});
		pr.threads.push(thread);
		this.threadComment(thread, { author: 'reviewer', body: 'Please change this.', ...first });
		return thread;
	}
	threadComment(thread, { author, body, association }) {
		const user = this.user(author), { repo } = thread.pr;
		this.writable(repo);
		const comment = this.made('PullRequestReviewComment', {
			thread, author: user, body, oid: thread.pr.headRefOid, authorAssociation: this.association(repo, user, association),
		});
		thread.comments.push(comment);
		this.touch(thread.pr);
		return comment;
	}
	comment(on, { author = this.viewer, body, association }) {
		const user = this.user(author);
		this.writable(on.repo);
		const comment = this.made('IssueComment', {
			on, author: user, body, authorAssociation: this.association(on.repo, user, association),
		});
		on.comments.push(comment);
		this.touch(on);
		return comment;
	}

	// What GitHub derives

	latest(pr, states, writersOnly) {
		const by = new Map();
		for (const review of pr.reviews) {
			if (states && !states.includes(review.state)) continue;
			if (writersOnly && !WRITERS.includes(review.authorAssociation)) continue;
			by.set(review.author?.name, review);
		}
		return [...by.values()];
	}
	opinions(pr, writersOnly) {
		return this.latest(pr, ['APPROVED', 'CHANGES_REQUESTED', 'DISMISSED'], writersOnly);
	}
	// null unless a rule of the repository asks for reviews; only writers count
	reviewDecision(pr) {
		const need = pr.repo.requiredApprovals, opinions = this.opinions(pr, true);
		if (!need) return null;
		if (opinions.some((r) => r.state === 'CHANGES_REQUESTED')) return 'CHANGES_REQUESTED';
		const approved = opinions.filter((r) => r.state === 'APPROVED').length;
		return approved >= need ? 'APPROVED' : 'REVIEW_REQUIRED';
	}
	contextState(check) {
		if (check.kind === 'StatusContext') return check.state;
		if (check.status !== 'COMPLETED') return 'PENDING';
		return ['SUCCESS', 'NEUTRAL', 'SKIPPED'].includes(check.conclusion) ? 'SUCCESS' : 'FAILURE';
	}
	rollup(pr) {
		if (!pr.checks.length) return null;
		const states = pr.checks.map((c) => this.contextState(c));
		return ['FAILURE', 'ERROR', 'PENDING', 'EXPECTED'].find((s) => states.includes(s)) ?? 'SUCCESS';
	}
	diff(pr) {
		const base = pr.repo.refs.get(pr.baseRefName), key = `${base} ${pr.headRefOid}`;
		// what it was at its end is what it stays
		if (pr.last && (pr.state !== 'OPEN' || pr.last.key === key || !base)) return pr.last;
		pr.last = { key, base, ...git.compare(pr.repo.dir, base, pr.headRefOid) };
		return pr.last;
	}
	mergeable(pr) {
		if (pr.state !== 'OPEN') return 'UNKNOWN';
		if (pr.unknownLeft > 0) {
			pr.unknownLeft--;
			return 'UNKNOWN';
		}
		return this.diff(pr).conflict ? 'CONFLICTING' : 'MERGEABLE';
	}
	missing(pr) {
		return pr.repo.requiredChecks.filter((name) => {
			const check = pr.checks.find((c) => c.name === name);
			return !check || this.contextState(check) !== 'SUCCESS';
		});
	}
	mergeState(pr) {
		if (pr.state !== 'OPEN' || pr.unknownLeft > 0) return 'UNKNOWN';
		if (this.diff(pr).conflict) return 'DIRTY';
		if (pr.isDraft) return 'DRAFT';
		const unreviewed = ['REVIEW_REQUIRED', 'CHANGES_REQUESTED'].includes(this.reviewDecision(pr));
		if (unreviewed || this.missing(pr).length) return 'BLOCKED';
		if (pr.repo.strictChecks && this.diff(pr).behind) return 'BEHIND';
		return ['SUCCESS', null].includes(this.rollup(pr)) ? 'CLEAN' : 'UNSTABLE';
	}

	// Merging

	merge(pr, { method = 'MERGE', head, title, body }) {
		const no = (message, status = 405) => { throw new Refusal(message, { status }); };
		this.writable(pr.repo);
		if (pr.state !== 'OPEN') no('Pull Request is not mergeable');
		if (head && head !== pr.headRefOid) no('Head branch was modified. Review and try the merge again.', 409);
		if (!pr.repo[METHOD_ALLOWED[method]])
			no(`${method[0]}${method.slice(1).toLowerCase()} merges are not allowed on this repository.`);
		const why = {
			DIRTY: 'Pull Request has merge conflicts', DRAFT: 'Pull Request is still a draft',
			UNKNOWN: 'Base branch was modified. Review and try the merge again.',
			BLOCKED: `Repository rule violations found: ${this.missing(pr).join(', ') || 'review required'}`,
			BEHIND: 'Head branch is out of date',
		}[this.mergeState(pr)];
		if (why) no(why);
		const { base, tree } = this.diff(pr), { repo } = pr;
		const oid = git.merge(repo.dir, {
			method, base, branch: pr.baseRefName, head: pr.headRefOid, tree,
			message: `${title ?? `${pr.title} (#${pr.number})`}${body ? `\n\n${body}` : ''}`,
		});
		this.merged(pr, oid);
		this.pushed(repo);
		if (repo.deleteBranchOnMerge) this.deleteRef(pr.headRepo, pr.headRefName);
		return oid;
	}
	merged(pr, oid) {
		this.diff(pr);
		Object.assign(pr, {
			state: 'MERGED', mergedAt: this.now(), closedAt: this.now(), mergedBy: this.user(this.viewer),
			mergeCommitOid: oid, autoMerge: null,
		});
		this.touch(pr);
		for (const issue of this.closes(pr)) if (issue.state === 'OPEN') this.setState(issue, 'CLOSED');
	}
	closes(pr) {
		const words = pr.body.matchAll(/\b(?:close[sd]?|fix(?:e[sd])?|resolve[sd]?)\s+#(\d+)/gi);
		return [...words].map((w) => pr.repo.issues.get(+w[1])).filter(Boolean);
	}
	// of a job: the last one says what the whole says
	steps(check) {
		const last = { name: `Run ${check.name}`, number: 2, status: check.status, conclusion: check.conclusion ?? null };
		return [{ name: 'Set up job', number: 1, status: 'COMPLETED', conclusion: 'SUCCESS' }, last];
	}
	maybeAutoMerge(pr) {
		if (pr.autoMerge && pr.state === 'OPEN' && this.mergeState(pr) === 'CLEAN')
			this.merge(pr, { method: pr.autoMerge.mergeMethod });
	}
}
