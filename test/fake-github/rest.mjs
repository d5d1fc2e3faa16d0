// The REST routes that an orchestrator asks. An answer has the fields that clients read, named and
// typed as GitHub's OpenAPI description has them; the many links to further routes are left out.
import { Refusal } from './model.mjs';

const DOCS = 'https://docs.github.com/rest';
const low = (text) => text?.toLowerCase() ?? null;

function makeShapes(model) {
	const user = (u, { web }) => {
		const login = u ? (u.kind === 'Bot' ? `${u.login}[bot]` : u.login) : 'ghost';
		return { login, id: u?.databaseId ?? 10137, node_id: u?.id, html_url: `${web}/${login}`, type: u?.kind ?? 'User', site_admin: false };
	};
	const name = (r) => model.nameOf(r);
	const at = (r, ctx) => `${ctx.api}/repos/${name(r)}`;
	const label = (l) => ({ id: l.databaseId, node_id: l.id, name: l.name, color: l.color, default: false, description: l.description });
	const repo = (r, ctx) => ({
		id: r.databaseId, node_id: r.id, name: r.name, full_name: name(r), private: r.isPrivate, owner: user(r.owner, ctx),
		html_url: `${ctx.web}/${name(r)}`, url: at(r, ctx), description: r.description, fork: !!r.fork,
		default_branch: r.defaultBranch, archived: r.archived, disabled: false, has_issues: r.hasIssues,
		visibility: r.isPrivate ? 'private' : 'public', created_at: r.createdAt, updated_at: r.updatedAt,
		pushed_at: r.pushedAt, clone_url: `${ctx.web}/${name(r)}.git`, ssh_url: `git@github.com:${name(r)}.git`,
		allow_merge_commit: r.mergeCommitAllowed, allow_squash_merge: r.squashMergeAllowed,
		allow_rebase_merge: r.rebaseMergeAllowed, delete_branch_on_merge: r.deleteBranchOnMerge,
		permissions: { admin: false, push: r.viewerPermission !== 'READ', pull: true },
	});
	const common = (x, ctx) => ({
		id: x.databaseId, node_id: x.id, number: x.number, title: x.title, body: x.body, user: user(x.author, ctx),
		state: x.state === 'OPEN' ? 'open' : 'closed', locked: x.locked, labels: x.labels.map(label),
		assignee: x.assignees[0] ? user(x.assignees[0], ctx) : null, assignees: x.assignees.map((u) => user(u, ctx)),
		milestone: null, created_at: x.createdAt, updated_at: x.updatedAt, closed_at: x.closedAt,
		author_association: x.authorAssociation,
	});
	const issue = (i, ctx) => ({
		...common(i, ctx), url: `${at(i.repo, ctx)}/issues/${i.number}`, comments: i.comments.length,
		html_url: `${ctx.web}/${name(i.repo)}/${i.kind === 'Issue' ? 'issues' : 'pull'}/${i.number}`,
		state_reason: low(i.stateReason),
		...(i.kind === 'PullRequest' ? { pull_request: { url: `${at(i.repo, ctx)}/pulls/${i.number}` } } : {}),
	});
	const end = (r, ref, sha, ctx) => ({ label: `${r.owner.login}:${ref}`, ref, sha, user: user(r.owner, ctx), repo: repo(r, ctx) });
	const pull = (p, ctx) => ({
		...common(p, ctx), url: `${at(p.repo, ctx)}/pulls/${p.number}`,
		html_url: `${ctx.web}/${name(p.repo)}/pull/${p.number}`, draft: p.isDraft, merged_at: p.mergedAt,
		merge_commit_sha: p.mergeCommitOid, head: end(p.headRepo, p.headRefName, p.headRefOid, ctx),
		base: end(p.repo, p.baseRefName, p.repo.refs.get(p.baseRefName) ?? '', ctx),
		requested_reviewers: p.reviewRequests.map((u) => user(u, ctx)), requested_teams: [],
	});
	const fullPull = (p, ctx) => {
		const mergeable = model.mergeable(p), diff = model.diff(p);
		return {
			...pull(p, ctx), merged: p.state === 'MERGED', merged_by: p.mergedBy ? user(p.mergedBy, ctx) : null,
			mergeable: mergeable === 'UNKNOWN' ? null : mergeable === 'MERGEABLE',
			mergeable_state: low(model.mergeState(p)), maintainer_can_modify: true, comments: p.comments.length,
			review_comments: p.threads.reduce((n, t) => n + t.comments.length, 0), commits: diff.commits.length,
			additions: diff.additions, deletions: diff.deletions, changed_files: diff.changedFiles,
		};
	};
	const comment = (c, ctx) => ({
		id: c.databaseId, node_id: c.id, body: c.body, user: user(c.author, ctx), created_at: c.createdAt,
		updated_at: c.updatedAt, author_association: c.authorAssociation,
		html_url: `${ctx.web}/${name(c.on.repo)}/${c.on.kind === 'Issue' ? 'issues' : 'pull'}/${c.on.number}#issuecomment-${c.databaseId}`,
	});
	const job = (c, ctx) => `${ctx.web}/${name(c.pr.repo)}/actions/runs/${c.pr.databaseId}/job/${c.databaseId}`;
	const run = (c, ctx) => ({
		id: c.databaseId, node_id: c.id, name: c.name, head_sha: c.oid, status: low(c.status),
		conclusion: low(c.conclusion), started_at: c.startedAt ?? null, completed_at: c.completedAt ?? null,
		url: `${at(c.pr.repo, ctx)}/check-runs/${c.databaseId}`, html_url: job(c, ctx),
		details_url: c.url ?? job(c, ctx), external_id: '', check_suite: { id: c.databaseId },
		app: { slug: c.url ? 'elsewhere' : 'github-actions' }, pull_requests: [],
		output: { title: null, summary: c.summary ?? null, text: null, annotations_count: c.annotations?.length ?? 0, annotations_url: `${at(c.pr.repo, ctx)}/check-runs/${c.databaseId}/annotations` },
	});
	const status = (c) => ({
		id: c.databaseId, node_id: c.id, state: low(c.state), context: c.name, description: c.summary ?? null,
		target_url: c.url ?? null, created_at: c.createdAt, updated_at: c.updatedAt,
	});
	const review = (r, ctx) => ({
		id: r.databaseId, node_id: r.id, user: user(r.author, ctx), body: r.body, state: r.state,
		submitted_at: r.submittedAt, commit_id: r.commitOid, author_association: r.authorAssociation,
		html_url: `${ctx.web}/${name(r.pr.repo)}/pull/${r.pr.number}#pullrequestreview-${r.databaseId}`,
	});
	const remark = (c, ctx) => ({
		id: c.databaseId, node_id: c.id, path: c.thread.path, line: c.thread.isOutdated ? null : c.thread.line,
		original_line: c.thread.line, user: user(c.author, ctx), body: c.body, created_at: c.createdAt,
		author_association: c.authorAssociation, diff_hunk: '@@ -1 +1 @@',
		html_url: `${ctx.web}/${name(c.thread.pr.repo)}/pull/${c.thread.pr.number}#discussion_r${c.databaseId}`,
	});
	return { user, label, repo, issue, pull, fullPull, comment, job, run, status, review, remark, name, at };
}

// A log as Actions hands it out: each line with its time.
function stamped(check) {
	const when = check.completedAt.replace('Z', '.0000000Z');
	const end = check.conclusion === 'FAILURE' ? ['##[error]Process completed with exit code 1.'] : [];
	return [...check.log.replace(/\n$/, '').split('\n'), ...end].map((l) => `${when} ${l}\n`).join('');
}

export function makeRest(model) {
	const show = makeShapes(model);
	const ok = (body, status = 200, headers = {}) => ({ status, body, headers });
	const none = () => ok({ message: 'Not Found', documentation_url: DOCS, status: '404' }, 404);
	const checks = () => [...model.byId.values()].filter((x) => x.kind === 'CheckRun');
	const checkRun = (id) => checks().find((c) => c.databaseId === +id);

	function paged(list, shape, { url, ctx }) {
		const per = Math.min(100, Math.max(1, +(url.searchParams.get('per_page') ?? 30)));
		const number = Math.max(1, +(url.searchParams.get('page') ?? 1));
		const last = Math.max(1, Math.ceil(list.length / per));
		const link = (n, rel) => {
			const to = new URL(url);
			to.searchParams.set('page', n);
			return `<${to}>; rel="${rel}"`;
		};
		const links = [];
		if (number > 1) links.push(link(number - 1, 'prev'), link(1, 'first'));
		if (number < last) links.push(link(number + 1, 'next'), link(last, 'last'));
		const some = list.slice((number - 1) * per, number * per).map((x) => shape(x, ctx));
		return ok(some, 200, links.length ? { link: links.join(', ') } : {});
	}
	function filtered(list, query) {
		const state = query.get('state') ?? 'open', labels = query.get('labels')?.split(',') ?? [];
		const assignee = query.get('assignee');
		return list
			.filter((x) => state === 'all' || (x.state === 'OPEN') === (state === 'open'))
			.filter((x) => labels.every((n) => x.labels.some((l) => l.name === n)))
			.filter((x) => !assignee || x.assignees.some((u) => u.login === assignee))
			.sort((a, b) => (query.get('sort') === 'updated' && b.updatedAt.localeCompare(a.updatedAt)) || b.number - a.number);
	}
	function edit(thing, { title, body, base, state, state_reason: reason }) {
		model.writable(thing.repo);
		Object.assign(thing, { title: title ?? thing.title, body: body ?? thing.body });
		if (base) thing.baseRefName = base;
		if (state) model.setState(thing, state === 'open' ? 'OPEN' : 'CLOSED', reason?.toUpperCase());
		model.touch(thing);
	}
	const heads = (r, sha) => [...r.prs.values()].find((p) => p.headRefOid === sha || p.headRefName === sha);

	// method, path below the repository, answer(repository, request, …what the path caught)
	const REPO_ROUTES = [
		['GET', '', (r, { ctx }) => ok(show.repo(r, ctx))],
		['GET', '/pulls', (r, q) => {
			const head = q.url.searchParams.get('head'), base = q.url.searchParams.get('base');
			return paged(filtered([...r.prs.values()], q.url.searchParams)
				.filter((p) => !head || `${p.headRepo.owner.login}:${p.headRefName}` === head)
				.filter((p) => !base || p.baseRefName === base), show.pull, q);
		}],
		['POST', '/pulls', (r, { json, ctx }) => ok(show.fullPull(model.addPr(r, json), ctx), 201)],
		['GET', '/pulls/(\\d+)', (r, { ctx }, n) => r.prs.has(+n) ? ok(show.fullPull(r.prs.get(+n), ctx)) : none()],
		['PATCH', '/pulls/(\\d+)', (r, { json, ctx }, n) => {
			if (!r.prs.has(+n)) return none();
			edit(r.prs.get(+n), json);
			return ok(show.fullPull(r.prs.get(+n), ctx));
		}],
		['PUT', '/pulls/(\\d+)/merge', (r, { json }, n) => {
			if (!r.prs.has(+n)) return none();
			const oid = model.merge(r.prs.get(+n), {
				method: json.merge_method?.toUpperCase(), head: json.sha, title: json.commit_title, body: json.commit_message,
			});
			return ok({ sha: oid, merged: true, message: 'Pull Request successfully merged' });
		}],
		['GET', '/pulls/(\\d+)/reviews', (r, q, n) => r.prs.has(+n) ? paged(r.prs.get(+n).reviews, show.review, q) : none()],
		['GET', '/pulls/(\\d+)/comments', (r, q, n) => r.prs.has(+n)
			? paged(r.prs.get(+n).threads.flatMap((t) => t.comments), show.remark, q) : none()],
		['GET', '/issues', (r, q) =>
			paged(filtered([...r.issues.values(), ...r.prs.values()], q.url.searchParams), show.issue, q)],
		['POST', '/issues', (r, { json, ctx }) => {
			if (!json.title) throw new Refusal('Validation Failed');
			const { title, body, labels, assignees } = json;
			return ok(show.issue(model.addIssue(r, { title, body, labels, assignees }), ctx), 201);
		}],
		['GET', '/issues/(\\d+)', (r, { ctx }, n) => model.thing(r, +n) ? ok(show.issue(model.thing(r, +n), ctx)) : none()],
		['PATCH', '/issues/(\\d+)', (r, { json, ctx }, n) => {
			if (!model.thing(r, +n)) return none();
			edit(model.thing(r, +n), json);
			return ok(show.issue(model.thing(r, +n), ctx));
		}],
		['GET', '/issues/(\\d+)/comments', (r, q, n) =>
			model.thing(r, +n) ? paged(model.thing(r, +n).comments, show.comment, q) : none()],
		['POST', '/issues/(\\d+)/comments', (r, { json, ctx }, n) => model.thing(r, +n)
			? ok(show.comment(model.comment(model.thing(r, +n), { body: json.body }), ctx), 201) : none()],
		['POST', '/issues/(\\d+)/labels', (r, { json }, n) => {
			const thing = model.thing(r, +n);
			if (!thing) return none();
			model.writable(r);
			thing.labels = [...new Set([...thing.labels, ...json.labels.map((l) => model.label(r, l))])];
			model.touch(thing);
			return ok(thing.labels.map(show.label));
		}],
		['GET', '/commits/(.+)/check-runs', (r, q, sha) => {
			const list = (heads(r, sha)?.checks ?? []).filter((c) => c.kind === 'CheckRun');
			const out = paged(list, show.run, q);
			return { ...out, body: { total_count: list.length, check_runs: out.body } };
		}],
		['GET', '/commits/(.+)/status', (r, q, sha) => {
			const list = (heads(r, sha)?.checks ?? []).filter((c) => c.kind === 'StatusContext');
			const bad = list.some((c) => ['FAILURE', 'ERROR'].includes(c.state));
			const good = list.length && list.every((c) => c.state === 'SUCCESS');
			return ok({ state: bad ? 'failure' : good ? 'success' : 'pending', statuses: list.map(show.status), sha, total_count: list.length });
		}],
		['GET', '/check-runs/(\\d+)', (r, { ctx }, id) => checkRun(id) ? ok(show.run(checkRun(id), ctx)) : none()],
		['GET', '/check-runs/(\\d+)/annotations', (r, q, id) => checkRun(id)
			? paged(checkRun(id).annotations ?? [], ({ file, line, message }) => ({
				path: file, start_line: line, end_line: line, annotation_level: 'failure', message, title: '',
			}), q) : none()],
		['GET', '/actions/jobs/(\\d+)', (r, { ctx }, id) => {
			const c = checkRun(id);
			if (!c || c.url) return none();
			return ok({
				...show.run(c, ctx), run_id: c.pr.databaseId, workflow_name: c.workflow, head_branch: c.pr.headRefName,
				steps: model.steps(c).map((s) => ({ ...s, status: low(s.status), conclusion: low(s.conclusion) })),
			});
		}],
		// the log itself lies at another host, with the permission in its address
		['GET', '/actions/jobs/(\\d+)/logs', (r, { ctx }, id) => {
			const c = checkRun(id);
			return c?.log !== undefined && c.completedAt && !c.url
				? ok(undefined, 302, { location: `${ctx.logs}/_logs/${id}?sig=once` }) : none();
		}],
		['DELETE', '/git/refs/heads/(.+)', (r, q, branch) => {
			if (!model.deleteRef(r, decodeURIComponent(branch))) throw new Refusal('Reference does not exist');
			return { status: 204 };
		}],
		['GET', '/branches/(.+)', (r, { ctx }, branch) => {
			const name = decodeURIComponent(branch), sha = r.refs.get(name);
			return sha ? ok({ name, commit: { sha, url: `${show.at(r, ctx)}/commits/${sha}` }, protected: false }) : none();
		}],
	].map(([method, path, answer]) => [method, new RegExp(`^${path}$`), answer]);

	function inRepo(r, path, request) {
		for (const [method, expression, answer] of REPO_ROUTES) {
			const caught = method === request.method && path.match(expression);
			if (caught) return answer(r, request, ...caught.slice(1));
		}
		return none();
	}
	function moved(r, rest, { method, ctx, url }) {
		const to = `${ctx.api}/repositories/${r.databaseId}${rest}${url.search}`;
		const body = { message: 'Moved Permanently', url: to, documentation_url: DOCS };
		return ok(body, method === 'GET' ? 301 : 307, { location: to });
	}
	function route(request) {
		const { path, method, ctx } = request;
		if (method === 'GET' && path === '/user') return ok({ ...show.user(model.user(model.viewer), ctx), name: model.viewer });
		if (method === 'GET' && path === '/rate_limit') return { ...ok(ctx.limits()), free: true };
		if (method === 'GET' && path === '/meta') return ok({ verifiable_password_authentication: false });
		const byId = path.match(/^\/repositories\/(\d+)(\/.*)?$/);
		if (byId) {
			const repo = [...model.repos.values()].find((r) => r.databaseId === +byId[1]);
			return repo ? inRepo(repo, byId[2] ?? '', request) : none();
		}
		const byName = path.match(/^\/repos\/([^/]+\/[^/]+)(\/.*)?$/);
		const key = byName?.[1].toLowerCase(), rest = byName?.[2] ?? '';
		if (model.moved.has(key)) return moved(model.moved.get(key), rest, request);
		return model.repos.has(key) ? inRepo(model.repos.get(key), rest, request) : none();
	}
	return {
		log(id) {
			const check = checkRun(id);
			return check?.log === undefined ? null : stamped(check);
		},
		answer(request) {
			try {
				return route(request);
			} catch (error) {
				if (!(error instanceof Refusal)) throw error;
				const { message, status } = error;
				return ok(status === 422
					? { message: 'Validation Failed', errors: [{ resource: 'Issue', code: 'custom', message }], documentation_url: DOCS, status: '422' }
					: { message, documentation_url: DOCS, status: String(status) }, status);
			}
		},
	};
}
