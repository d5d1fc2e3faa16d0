// What each field of GitHub's schema is, said by the model. A field that is not here and no
// property of the thing is not modelled: graphql.mjs tells it and invents nothing. ctx.web is where
// the client believes GitHub's pages to be.
import { GraphQLError } from 'graphql';

const ZERO = '0'.repeat(40);
const CLASSIC = 'Projects (classic) is being deprecated in favor of the new Projects experience, see: https://github.blog/changelog/2024-05-23-sunset-notice-projects-classic/.';
const EVENT = { APPROVE: 'APPROVED', REQUEST_CHANGES: 'CHANGES_REQUESTED', COMMENT: 'COMMENTED' };

export function page(list, { first, last, after, before }) {
	const cursor = (i) => Buffer.from(`cursor:v1:${i}`).toString('base64');
	const at = (text) => +Buffer.from(text, 'base64').toString().split(':')[2];
	let from = after ? at(after) + 1 : 0, to = before ? Math.min(list.length, at(before)) : list.length;
	if (first != null) to = Math.min(to, from + first);
	else if (last != null) from = Math.max(from, to - last);
	const nodes = list.slice(from, to);
	return {
		totalCount: list.length, nodes, edges: nodes.map((node, i) => ({ cursor: cursor(from + i), node })),
		pageInfo: {
			hasNextPage: to < list.length, hasPreviousPage: from > 0,
			startCursor: nodes.length ? cursor(from) : null, endCursor: nodes.length ? cursor(to - 1) : null,
		},
	};
}
export function missing(what) {
	throw new GraphQLError(`Could not resolve to ${what}.`, { extensions: { type: 'NOT_FOUND' } });
}
// What GitHub has answered since October 2025, though the schema still lists the field.
function classic() {
	throw new GraphQLError(CLASSIC, { extensions: { type: 'INTERNAL' } });
}
function ordered(list, { states, labels, orderBy }) {
	const key = { UPDATED_AT: 'updatedAt' }[orderBy?.field] ?? 'number';
	const sign = orderBy?.direction === 'DESC' ? -1 : 1;
	return list
		.filter((x) => !states || states.includes(x.state))
		.filter((x) => !labels || x.labels.some((l) => labels.includes(l.name)))
		.sort((a, b) => (a[key] > b[key] ? sign : -sign));
}
function counted(list, stateOf) {
	const counts = new Map();
	for (const x of list) counts.set(stateOf(x), (counts.get(stateOf(x)) ?? 0) + 1);
	return [...counts].map(([state, count]) => ({ state, count }));
}
const conn = (of) => (x, args) => page(of(x), args);
const constant = (value) => () => value;
const none = conn(() => []);

export function makeResolvers(model) {
	const name = (r) => model.nameOf(r);
	const repoUrl = (r, ctx) => `${ctx.web}/${name(r)}`;
	const part = (x) => (x.kind === 'PullRequest' ? 'pull' : 'issues');
	const itemUrl = (x, ctx) => `${repoUrl(x.repo, ctx)}/${part(x)}/${x.number}`;
	const must = (id) => model.byId.get(id) ?? missing(`a node with the global id of '${id}'`);
	const commit = (pr, oid) => ({ __typename: 'Commit', pr, repo: pr.repo, oid });
	const ref = (repo, ref) => repo?.refs.has(ref)
		? { __typename: 'Ref', repo, name: ref, prefix: 'refs/heads/', oid: repo.refs.get(ref) } : null;
	const url = (of) => (x, args, ctx) => of(x, ctx);

	const item = {
		url: url(itemUrl), permalink: url(itemUrl), repository: (x) => x.repo,
		labels: conn((x) => x.labels), assignees: conn((x) => x.assignees), comments: conn((x) => x.comments),
		closed: (x) => x.state !== 'OPEN', bodyText: (x) => x.body, milestone: constant(null),
		projectCards: classic, projectItems: none, reactionGroups: constant([]), isPinned: constant(false),
		viewerDidAuthor: (x) => x.author?.login === model.viewer, fullDatabaseId: (x) => String(x.databaseId),
	};
	const actor = {
		url: url((u, ctx) => `${ctx.web}/${u.login}`), avatarUrl: url((u, ctx) => `${ctx.web}/${u.login}.png`),
		isViewer: (u) => u.login === model.viewer, email: constant(''),
	};
	const remark = {
		bodyText: (c) => c.body, isMinimized: constant(false), minimizedReason: constant(null),
		reactionGroups: constant([]), includesCreatedEdit: constant(false),
		viewerDidAuthor: (c) => c.author?.login === model.viewer,
	};

	const Query = {
		viewer: () => model.user(model.viewer),
		repository: (_, { owner, name: short, followRenames = true }) => {
			const key = `${owner}/${short}`;
			return (followRenames ? model.repo(key) : model.repos.get(key.toLowerCase()))
				?? missing(`a Repository with the name '${key}'`);
		},
		user: (_, { login }) => model.users.get(login) ?? missing(`a User with the login of '${login}'`),
		organization: (_, { login }) => ({ __typename: 'Organization', login }),
		node: (_, { id }) => must(id),
		nodes: (_, { ids }) => ids.map(must),
		rateLimit: (_, args, { limit, price }) => ({
			...limit(price.cost), cost: price.cost, nodeCount: price.nodes,
		}),
	};
	const Organization = { team: (o, { slug }) => model.teams.get(`${o.login}/${slug}`) ?? null };
	const Repository = {
		nameWithOwner: name, url: url(repoUrl), sshUrl: (r) => `git@github.com:${name(r)}.git`,
		isFork: (r) => !!r.fork, parent: (r) => r.fork, isArchived: (r) => r.archived,
		isEmpty: (r) => !r.refs.size, visibility: (r) => (r.isPrivate ? 'PRIVATE' : 'PUBLIC'),
		hasIssuesEnabled: (r) => r.hasIssues, hasWikiEnabled: constant(false), isInOrganization: constant(false),
		defaultBranchRef: (r) => ref(r, r.defaultBranch), viewerDefaultMergeMethod: constant('MERGE'),
		ref: (r, { qualifiedName }) => ref(r, qualifiedName.replace('refs/heads/', '')),
		refs: conn((r) => [...r.refs.keys()].map((n) => ref(r, n))),
		pullRequest: (r, { number }) => r.prs.get(number) ?? missing(`a PullRequest with the number of ${number}`),
		issue: (r, { number }) => r.issues.get(number) ?? missing(`an Issue with the number of ${number}`),
		issueOrPullRequest: (r, { number }) =>
			model.thing(r, number) ?? missing(`an issue or pull request with the number of ${number}`),
		pullRequests: (r, args) => page(ordered([...r.prs.values()]
			.filter((p) => !args.headRefName || p.headRefName === args.headRefName)
			.filter((p) => !args.baseRefName || p.baseRefName === args.baseRefName), args), args),
		issues: (r, args) => {
			const { filterBy: f = {} } = args;
			return page(ordered([...r.issues.values()]
				.filter((i) => !f?.assignee || i.assignees.some((u) => u.login === f.assignee))
				.filter((i) => !f?.createdBy || i.author?.login === f.createdBy), { ...args, ...f }), args);
		},
		labels: conn((r) => [...r.labels.values()]), milestones: none, projectsV2: none, projects: classic,
		assignableUsers: conn(() => [...model.users.values()].filter((u) => u.kind === 'User')),
		pullRequestTemplates: constant([]), issueTemplates: constant([]),
	};
	const Ref = {
		id: (x) => `REF_${x.repo.databaseId}_${x.name}`, repository: (x) => x.repo,
		target: (x) => ({ __typename: 'Commit', oid: x.oid, repo: x.repo }), branchProtectionRule: constant(null),
		associatedPullRequests: (x, args) =>
			page(ordered([...x.repo.prs.values()].filter((p) => p.headRefName === x.name), args), args),
	};
	const PullRequest = {
		...item, merged: (p) => p.state === 'MERGED', mergeable: (p) => model.mergeable(p),
		mergeStateStatus: (p) => model.mergeState(p), reviewDecision: (p) => model.reviewDecision(p),
		additions: (p) => model.diff(p).additions, deletions: (p) => model.diff(p).deletions,
		changedFiles: (p) => model.diff(p).changedFiles, isCrossRepository: (p) => p.headRepo !== p.repo,
		baseRefOid: (p) => p.repo.refs.get(p.baseRefName) ?? ZERO, baseRepository: (p) => p.repo,
		headRepository: (p) => p.headRepo, headRepositoryOwner: (p) => p.headRepo.owner,
		headRef: (p) => ref(p.headRepo, p.headRefName), baseRef: (p) => ref(p.repo, p.baseRefName),
		mergeCommit: (p) => (p.mergeCommitOid ? commit(p, p.mergeCommitOid) : null),
		statusCheckRollup: (p) => (p.checks.length ? { pr: p } : null),
		commits: conn((p) => model.diff(p).commits.map((oid) => ({ pr: p, commit: commit(p, oid) }))),
		reviews: (p, args) => page(p.reviews
			.filter((r) => !args.states || args.states.includes(r.state))
			.filter((r) => !args.author || r.author?.login === args.author), args),
		latestReviews: (p, args) => page(model.latest(p, null, args.writersOnly), args),
		latestOpinionatedReviews: (p, args) => page(model.opinions(p, args.writersOnly), args),
		reviewThreads: conn((p) => p.threads), files: none,
		reviewRequests: conn((p) => p.reviewRequests.map((u) => ({ requestedReviewer: u }))),
		autoMergeRequest: (p) => p.autoMerge, closingIssuesReferences: conn((p) => model.closes(p)),
		totalCommentsCount: (p) => p.comments.length + p.threads.reduce((n, t) => n + t.comments.length, 0),
		maintainerCanModify: constant(true), isInMergeQueue: constant(false), isMergeQueueEnabled: constant(false),
		viewerMergeHeadlineText: (p) => p.title, viewerMergeBodyText: constant(''),
		potentialMergeCommit: constant(null),
	};
	const Issue = {
		...item,
		closedByPullRequestsReferences: conn((i) => [...i.repo.prs.values()].filter((p) => model.closes(p).includes(i))),
	};
	const Commit = {
		id: (c) => `C_${c.oid}`, abbreviatedOid: (c) => c.oid.slice(0, 7), repository: (c) => c.repo,
		url: url((c, ctx) => `${repoUrl(c.repo, ctx)}/commit/${c.oid}`),
		statusCheckRollup: (c) => (c.pr?.headRefOid === c.oid && c.pr.checks.length ? { pr: c.pr } : null),
		messageHeadline: (c) => c.pr?.title ?? '', messageBody: constant(''), authors: none,
		committedDate: (c) => c.pr?.updatedAt ?? model.now(), authoredDate: (c) => c.pr?.createdAt ?? model.now(),
	};
	const StatusCheckRollup = {
		id: (x) => `SCR_${x.pr.headRefOid}`, state: (x) => model.rollup(x.pr),
		commit: (x) => commit(x.pr, x.pr.headRefOid),
		contexts: (x, args) => {
			const runs = x.pr.checks.filter((c) => c.kind === 'CheckRun');
			const statuses = x.pr.checks.filter((c) => c.kind === 'StatusContext');
			return {
				...page(x.pr.checks, args), checkRunCount: runs.length, statusContextCount: statuses.length,
				checkRunCountsByState: counted(runs, (c) => c.conclusion ?? c.status),
				statusContextCountsByState: counted(statuses, (c) => c.state),
			};
		},
	};
	const jobUrl = (c, ctx) => `${repoUrl(c.pr.repo, ctx)}/actions/runs/${c.pr.databaseId}/job/${c.databaseId}`;
	const required = (c) => c.pr.repo.requiredChecks.includes(c.name);
	const CheckRun = {
		detailsUrl: (c, args, ctx) => c.url ?? jobUrl(c, ctx), url: url(jobUrl), permalink: url(jobUrl),
		isRequired: required, startedAt: (c) => c.startedAt ?? null, completedAt: (c) => c.completedAt ?? null,
		conclusion: (c) => c.conclusion ?? null, title: constant(null), summary: (c) => c.summary ?? null,
		text: constant(null), externalId: constant(null), repository: (c) => c.pr.repo,
		checkSuite: (c) => ({ check: c }), steps: conn((c) => (c.url ? [] : model.steps(c))),
	};
	const CheckSuite = {
		id: (s) => `CS_${s.check.databaseId}`, databaseId: (s) => s.check.databaseId,
		app: (s) => (s.check.url ? { name: 'Elsewhere', slug: 'elsewhere' } : { name: 'GitHub Actions', slug: 'github-actions' }),
		workflowRun: (s, args, ctx) => s.check.url ? null : {
			databaseId: s.check.pr.databaseId, event: 'pull_request', runNumber: 1,
			url: `${repoUrl(s.check.pr.repo, ctx)}/actions/runs/${s.check.pr.databaseId}`,
			workflow: { name: s.check.workflow },
		},
	};
	const StatusContext = {
		context: (c) => c.name, targetUrl: (c) => c.url ?? null, description: (c) => c.summary ?? null,
		isRequired: required, creator: constant(null), avatarUrl: constant(null),
	};
	const PullRequestReview = {
		...remark, commit: (r) => commit(r.pr, r.commitOid), comments: none, pullRequest: (r) => r.pr,
		url: url((r, ctx) => `${itemUrl(r.pr, ctx)}#pullrequestreview-${r.databaseId}`),
		repository: (r) => r.pr.repo, authorCanPushToRepository: (r) => r.authorAssociation !== 'NONE',
	};
	const PullRequestReviewThread = {
		comments: conn((t) => t.comments), pullRequest: (t) => t.pr, repository: (t) => t.pr.repo,
		isCollapsed: (t) => t.isResolved, diffSide: constant('RIGHT'), subjectType: constant('LINE'),
		originalLine: (t) => t.line, line: (t) => (t.isOutdated ? null : t.line), startLine: constant(null),
		viewerCanResolve: (t) => !t.isResolved, viewerCanReply: constant(true),
	};
	const PullRequestReviewComment = {
		...remark, path: (c) => c.thread.path, line: (c) => (c.thread.isOutdated ? null : c.thread.line),
		originalLine: (c) => c.thread.line, outdated: (c) => c.thread.isOutdated,
		url: url((c, ctx) => `${itemUrl(c.thread.pr, ctx)}#discussion_r${c.databaseId}`),
		originalCommit: (c) => commit(c.thread.pr, c.oid), commit: (c) => commit(c.thread.pr, c.thread.pr.headRefOid),
		diffHunk: constant('@@ -1 +1 @@'), pullRequest: (c) => c.thread.pr,
		replyTo: (c) => (c.thread.comments[0] === c ? null : c.thread.comments[0]),
	};
	const IssueComment = {
		...remark, url: url((c, ctx) => `${itemUrl(c.on, ctx)}#issuecomment-${c.databaseId}`),
	};

	// a mutation of a pull request or issue that answers it
	const change = (key, field, act) => (_, { input }) => {
		const thing = must(input[key]);
		const more = act(thing, input);
		model.touch(thing);
		return { clientMutationId: input.clientMutationId ?? null, [field]: thing, ...more };
	};
	const edit = (fields) => (thing, input) => {
		for (const f of fields) if (input[f] != null) thing[f] = input[f];
	};
	const onPr = (act) => change('pullRequestId', 'pullRequest', act);
	const onIssue = (act) => change('issueId', 'issue', act);
	const Mutation = {
		createPullRequest: (_, { input }) => {
			const { repositoryId, headRefName: head, baseRefName: base, title, body, draft } = input;
			return { pullRequest: model.addPr(must(repositoryId), { head, base, title, body, draft: !!draft }) };
		},
		mergePullRequest: onPr((pr, input) => void model.merge(pr, {
			method: input.mergeMethod, head: input.expectedHeadOid, title: input.commitHeadline, body: input.commitBody,
		})),
		enablePullRequestAutoMerge: onPr((pr, input) => {
			const no = (why) => { throw new GraphQLError(why, { extensions: { type: 'UNPROCESSABLE' } }); };
			if (!pr.repo.autoMergeAllowed) no('Pull request Auto merge is not allowed for this repository');
			if (model.mergeState(pr) === 'CLEAN') no('Pull request Pull request is in clean status');
			pr.autoMerge = { enabledAt: model.now(), mergeMethod: input.mergeMethod, enabledBy: model.user(model.viewer) };
		}),
		disablePullRequestAutoMerge: onPr((pr) => void (pr.autoMerge = null)),
		closePullRequest: onPr((pr) => model.setState(pr, 'CLOSED')),
		reopenPullRequest: onPr((pr) => model.setState(pr, 'OPEN')),
		markPullRequestReadyForReview: onPr((pr) => void (pr.isDraft = false)),
		convertPullRequestToDraft: onPr((pr) => void (pr.isDraft = true)),
		updatePullRequest: onPr(edit(['title', 'body', 'baseRefName'])),
		requestReviews: onPr((pr, input) => void pr.reviewRequests.push(...[...(input.userIds ?? []), ...(input.teamIds ?? [])].map(must))),
		addPullRequestReview: onPr((pr, { event, body }) => ({
			pullRequestReview: model.review(pr, { author: model.viewer, body: body ?? '', state: EVENT[event] }),
		})),
		addPullRequestReviewThreadReply: (_, { input }) => ({
			comment: model.threadComment(must(input.pullRequestReviewThreadId), { author: model.viewer, body: input.body }),
		}),
		resolveReviewThread: (_, { input }) => {
			const thread = must(input.threadId);
			Object.assign(thread, { isResolved: true, resolvedBy: model.user(model.viewer) });
			return { thread };
		},
		unresolveReviewThread: (_, { input }) => {
			const thread = must(input.threadId);
			Object.assign(thread, { isResolved: false, resolvedBy: null });
			return { thread };
		},
		addComment: change('subjectId', 'subject', (thing, input) => ({
			commentEdge: { cursor: '', node: model.comment(thing, { body: input.body }) },
		})),
		createIssue: (_, { input: { repositoryId, title, body, labelIds, assigneeIds } }) => ({
			issue: model.addIssue(must(repositoryId), {
				title, body: body ?? '', labels: (labelIds ?? []).map(must),
				assignees: (assigneeIds ?? []).map((id) => must(id).login),
			}),
		}),
		closeIssue: onIssue((issue, input) => model.setState(issue, 'CLOSED', input.stateReason)),
		reopenIssue: onIssue((issue) => model.setState(issue, 'OPEN')),
		updateIssue: change('id', 'issue', edit(['title', 'body'])),
		addLabelsToLabelable: change('labelableId', 'labelable', (thing, input) =>
			void (thing.labels = [...new Set([...thing.labels, ...input.labelIds.map(must)])])),
		removeLabelsFromLabelable: change('labelableId', 'labelable', (thing, input) =>
			void (thing.labels = thing.labels.filter((l) => !input.labelIds.includes(l.id)))),
	};
	return {
		Query, Mutation, Organization, Repository, Ref, PullRequest, Issue, Commit, StatusCheckRollup, CheckRun, CheckSuite,
		StatusContext, PullRequestReview, PullRequestReviewThread, PullRequestReviewComment, IssueComment,
		User: actor, Bot: actor,
		PullRequestCommit: { id: (x) => `PC_${x.commit.oid}`, pullRequest: (x) => x.pr },
		Label: { url: url((l, ctx) => `${repoUrl(l.repo, ctx)}/labels/${encodeURIComponent(l.name)}`) },
	};
}
