// The routes of GitLab's REST API (v4) that an orchestrator asks. Each has a name that the log tells.
import { Refusal } from './model.mjs';
import { makeShapes } from './shapes.mjs';

export function makeRest(model) {
	const show = makeShapes(model);
	const ok = (body, status = 200, headers = {}) => ({ status, body, headers });
	const none = (what) => {
		throw new Refusal(404, `404 ${what} Not Found`);
	};
	const mr = (p, iid) => p.mrs.get(+iid) ?? none('Merge Request');
	const issue = (p, iid) => p.issues.get(+iid) ?? none('Issue');
	const pipeline = (p, id) => p.pipelines.find((x) => x.id === +id) ?? none('Pipeline');
	const job = (p, id) => p.pipelines.flatMap((x) => x.jobs).find((j) => j.id === +id) ?? none('Merge Request');
	const discussion = (on, id) => on.discussions.find((d) => d.id === id) ?? none('Discussion');
	const notes = (on) => on.discussions.flatMap((d) => d.notes);

	function paged(list, shape, { url, ctx }) {
		const per = Math.min(100, Math.max(1, +(url.searchParams.get('per_page') ?? 20)));
		const number = Math.max(1, +(url.searchParams.get('page') ?? 1));
		const pages = Math.max(1, Math.ceil(list.length / per));
		const link = (n, rel) => {
			const to = new URL(url);
			to.searchParams.set('page', n);
			return `<${to}>; rel="${rel}"`;
		};
		const links = [link(1, 'first'), link(pages, 'last')];
		if (number < pages) links.unshift(link(number + 1, 'next'));
		if (number > 1) links.unshift(link(number - 1, 'prev'));
		return ok(list.slice((number - 1) * per, number * per).map((x) => shape(x, ctx)), 200, {
			'x-total': list.length, 'x-total-pages': pages, 'x-per-page': per, 'x-page': number,
			'x-next-page': number < pages ? number + 1 : '', 'x-prev-page': number > 1 ? number - 1 : '',
			link: links.join(', '),
		});
	}
	function filtered(list, q) {
		const is = (name, of) => (x) => !q.has(name) || of(x) === q.get(name);
		const labels = q.get('labels')?.split(',') ?? [], iids = [...q.getAll('iids[]'), ...q.getAll('iids')].map(Number);
		return list
			.filter((x) => [null, 'all', x.state].includes(q.get('state')))
			.filter(is('source_branch', (x) => x.sourceBranch)).filter(is('target_branch', (x) => x.targetBranch))
			.filter(is('author_username', (x) => x.author.username))
			.filter((x) => !q.has('assignee_username') || x.assignees.some((a) => a.username === q.get('assignee_username')))
			.filter((x) => !iids.length || iids.includes(x.iid)).filter((x) => labels.every((l) => x.labels.includes(l)))
			.reverse();
	}
	const words = (labels) => (typeof labels === 'string' ? labels.split(',').filter(Boolean) : labels);
	function edit(thing, { title, description, labels, state_event: event, target_branch: target, reviewer_ids: reviewers }) {
		model.writable(thing.project);
		if (title) thing.title = title;
		if (description !== undefined) thing.description = description;
		if (labels !== undefined) thing.labels = words(labels);
		if (reviewers) for (const id of reviewers) {
			const user = [...model.users.values()].find((u) => u.id === id);
			if (user && !thing.reviewers.has(user)) model.review(thing, user.username, 'unreviewed');
		}
		if (target) thing.targetBranch = target;
		if (event) model.setState(thing, event === 'close' ? 'closed' : 'opened');
		model.touch(thing);
	}

	const ROUTES = [
		['GET', '', (p, q) => ok(show.project(p, q.ctx))],
		['GET', '/repository/branches/([^/]+)', (p, q, name) =>
			p.refs.has(name) ? ok(show.branch([name, p.refs.get(name)])) : none('Branch')],
		['DELETE', '/repository/branches/([^/]+)', (p, q, name) => {
			model.deleteBranch(p, name);
			return { status: 204 };
		}],
		['GET', '/members/all', (p, q) => paged(p.members.map((u) => model.user(u)), show.member, q)],
		['GET', '/merge_requests', (p, q) => paged(filtered([...p.mrs.values()], q.url.searchParams), show.mr, q)],
		['POST', '/merge_requests', (p, { json, ctx }) => {
			if (!json.title || !json.source_branch || !json.target_branch) throw new Refusal(400, 'title is missing');
			const target = json.target_project_id ? model.project(String(json.target_project_id)) : p;
			const made = model.addMr(target, {
				source: p, branch: json.source_branch, target: json.target_branch, title: json.title,
				description: json.description ?? null, labels: words(json.labels) ?? [],
			});
			made.removeSource = !!json.remove_source_branch;
			return ok(show.fullMr(made, ctx), 201);
		}],
		['GET', '/merge_requests/(\\d+)', (p, q, iid) => ok(show.fullMr(mr(p, iid), q.ctx))],
		['PUT', '/merge_requests/(\\d+)', (p, { json, ctx }, iid) => {
			edit(mr(p, iid), json);
			return ok(show.fullMr(mr(p, iid), ctx));
		}],
		['PUT', '/merge_requests/(\\d+)/merge', (p, { json, ctx }, iid) => {
			model.merge(mr(p, iid), {
				sha: json.sha, squash: json.squash, removeSource: json.should_remove_source_branch,
				message: json.squash ? json.squash_commit_message : json.merge_commit_message,
			});
			return ok(show.fullMr(mr(p, iid), ctx));
		}],
		['GET', '/merge_requests/(\\d+)/approvals', (p, q, iid) => ok(show.approvals(mr(p, iid), q.ctx))],
		['POST', '/merge_requests/(\\d+)/approve', (p, { json, ctx }, iid) => {
			if (json.sha && json.sha !== mr(p, iid).sha) throw new Refusal(409, 'SHA does not match HEAD of source branch');
			model.approve(mr(p, iid), model.viewer.username);
			return ok(show.approvals(mr(p, iid), ctx), 201);
		}],
		['POST', '/merge_requests/(\\d+)/unapprove', (p, q, iid) => {
			model.unapprove(mr(p, iid), model.viewer.username);
			return ok({}, 201);
		}],
		['GET', '/merge_requests/(\\d+)/reviewers', (p, q, iid) => paged([...mr(p, iid).reviewers], show.reviewer, q)],
		['GET', '/merge_requests/(\\d+)/pipelines', (p, q, iid) => paged(model.pipelines(mr(p, iid)), show.pipeline, q)],
		['GET', '/merge_requests/(\\d+)/discussions', (p, q, iid) => paged(mr(p, iid).discussions, show.discussion, q)],
		['POST', '/merge_requests/(\\d+)/discussions', (p, { json, ctx }, iid) => {
			const { body, position: at } = json;
			const made = model.discussion(mr(p, iid), { author: model.viewer.username, body, file: at?.new_path, line: at?.new_line });
			return ok(show.discussion(made, ctx), 201);
		}],
		['PUT', '/merge_requests/(\\d+)/discussions/(\\w+)', (p, { json, url, ctx }, iid, id) => {
			const found = discussion(mr(p, iid), id);
			model.resolve(found, String(json.resolved ?? url.searchParams.get('resolved')) === 'true');
			return ok(show.discussion(found, ctx));
		}],
		['POST', '/merge_requests/(\\d+)/discussions/(\\w+)/notes', (p, { json, ctx }, iid, id) => {
			const found = discussion(mr(p, iid), id);
			return ok(show.note(model.reply(found, { author: model.viewer.username, body: json.body }), ctx), 201);
		}],
		['GET', '/(merge_requests|issues)/(\\d+)/notes', (p, q, kind, iid) =>
			paged(notes(kind === 'issues' ? issue(p, iid) : mr(p, iid)).reverse(), show.note, q)],
		['POST', '/(merge_requests|issues)/(\\d+)/notes', (p, { json, ctx }, kind, iid) => {
			model.writable(p);
			return ok(show.note(model.note(kind === 'issues' ? issue(p, iid) : mr(p, iid), { body: json.body }), ctx), 201);
		}],
		['GET', '/pipelines/(\\d+)', (p, q, id) => ok(show.fullPipeline(pipeline(p, id), q.ctx))],
		['GET', '/pipelines/(\\d+)/jobs', (p, q, id) => {
			const { searchParams: s } = q.url, scope = [...s.getAll('scope[]'), ...s.getAll('scope')];
			const all = s.get('include_retried') === 'true' ? pipeline(p, id).jobs : model.current(pipeline(p, id));
			return paged(all.filter((j) => !scope.length || scope.includes(j.status)), show.job, q);
		}],
		['POST', '/pipelines/(\\d+)/retry', (p, q, id) => {
			model.retry(pipeline(p, id));
			return ok(show.fullPipeline(pipeline(p, id), q.ctx), 201);
		}],
		['GET', '/jobs/(\\d+)', (p, q, id) => ok(show.job(job(p, id), q.ctx))],
		['GET', '/jobs/(\\d+)/trace', (p, q, id) => ok(trace(job(p, id)), 200, { 'content-type': 'text/plain' })],
		['GET', '/issues', (p, q) => paged(filtered([...p.issues.values()], q.url.searchParams), show.issue, q)],
		['POST', '/issues', (p, { json, ctx }) => {
			if (!json.title) throw new Refusal(400, 'title is missing');
			const { title, description, labels } = json;
			return ok(show.issue(model.addIssue(p, { title, description, labels: words(labels) ?? [] }), ctx), 201);
		}],
		['GET', '/issues/(\\d+)', (p, q, iid) => ok(show.issue(issue(p, iid), q.ctx))],
		['PUT', '/issues/(\\d+)', (p, { json, ctx }, iid) => {
			edit(issue(p, iid), json);
			return ok(show.issue(issue(p, iid), ctx));
		}],
	].map(([method, path, answer]) => [method, new RegExp(`^${path}$`), answer]);

	// A runner's own words around the job's, with the escapes that it prints.
	function trace({ log, status }) {
		if (log === undefined) return '';
		const end = status === 'failed' ? '\x1b[31;1mERROR: Job failed: exit code 1\n\x1b[0;m' : '\x1b[32;1mJob succeeded\n\x1b[0;m';
		return `\x1b[0KRunning with gitlab-runner\x1b[0;m\nsection_start:1:script\r\x1b[0K${log.replace(/\n?$/, '\n')}section_end:2:script\r\x1b[0K${end}`;
	}
	function route(request) {
		const { path, method, ctx } = request;
		if (method === 'GET' && path === '/user') return ok({ ...show.user(model.viewer, ctx), email: 'ann@example.org' });
		if (method === 'GET' && path === '/version') return ok({ version: '17.5.1', revision: '0' });
		if (method === 'GET' && path === '/users') {
			const user = model.users.get(request.url.searchParams.get('username'));
			return ok(user ? [show.user(user, ctx)] : []);
		}
		const caught = path.match(/^\/projects\/([^/]+)(\/.*)?$/);
		// a former path is followed where nothing is changed
		const project = caught && model.project(decodeURIComponent(caught[1]), method === 'GET');
		if (!project) return none(caught ? 'Project' : 'Route');
		for (const [wants, expression, answer] of ROUTES) {
			const parts = wants === method && (caught[2] ?? '').match(expression);
			if (parts) return answer(project, request, ...parts.slice(1).map(decodeURIComponent));
		}
		return none('Route');
	}
	return (request) => {
		try {
			return route(request);
		} catch (error) {
			if (!(error instanceof Refusal)) throw error;
			return ok({ message: error.message }, error.status);
		}
	};
}
