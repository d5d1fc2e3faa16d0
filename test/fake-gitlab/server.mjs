// A stateful stand-in for GitLab, also one hosted by oneself below a path: REST v4 under any
// …/api/v4, GraphQL at …/api/graphql beside it (graphql.mjs), git at /GROUP/SUBGROUP/NAME.git over real bare repositories (DIR/repos). Doors, faults
// and log are those of ../fake/door.mjs. A token is good that has neither `bad` nor `expired` in it.
//
// Faults beyond the shared ones: unauthorized, limited {retryAfter: seconds, or null for none}, wrong {path:
// of a field in the answer, which is null then, with an error}. Settings: lacks ['Type.field'] and complexity.
//
// Proves what a client makes of these answers, whose shapes are held against an independent client's
// types (drive.mjs). Cannot prove that they are all that GitLab sends, nor approval rules, merge
// trains, or how long it takes to agree with itself.
import { createHash } from 'node:crypto';
import { open, options } from '../fake/door.mjs';
import * as git from '../fake/git.mjs';
import { makeGraphql, MAX_COMPLEXITY } from './graphql.mjs';
import { Model } from './model.mjs';
import { makeRest } from './rest.mjs';

const opt = options(), model = new Model({ dir: opt.dir }), rest = makeRest(model);
const config = { lacks: [], complexity: MAX_COMPLEXITY, graphql: true }, graphql = makeGraphql(model, config);
const token = ({ headers }) => headers['private-token'] ?? headers.authorization?.replace(/^bearer /i, '') ?? '';

function denied(reply) {
	reply.send(401, { message: '401 Unauthorized' });
	return true;
}
async function onGraphql(request, reply, fault) {
	const [, root] = request.url.pathname.match(/^(.*?)\/api\/graphql$/), ctx = { web: request.origin + root };
	if (!config.graphql) return reply.send(404, { error: '404 Not Found' });
	const { body, cost, invalid } = await graphql.run(request.json, ctx);
	if (fault?.kind === 'wrong') lose(body, fault.at);
	Object.assign(reply.record, { cost, invalid, query: request.json.query, variables: request.json.variables });
	reply.send(200, body);
}
// The good answer with one field of it lost on the way.
function lose(body, at) {
	const above = at.slice(0, -1).reduce((o, key) => o[key], body.data);
	above[at.at(-1)] = null;
	body.errors = [{ message: 'Timeout on MergeRequest.detailedMergeStatus', path: at }];
}
async function answer(request, reply, fault) {
	if (request.kind === 'git') return git.http(`${opt.dir}/repos`, request, reply);
	if (!token(request) || /bad|expired/.test(token(request))) return denied(reply);
	try {
		request.json = request.text ? JSON.parse(request.text) : {};
	} catch {
		return reply.send(400, { error: 'There was a problem in the JSON you submitted' });
	}
	if (request.kind === 'graphql') return onGraphql(request, reply, fault);
	const [, root, path] = request.url.pathname.match(/^(.*?)\/api\/v4(\/.*)$/) ?? [];
	if (!path) return reply.send(404, { error: '404 Not Found' });
	const ctx = { web: request.origin + root };
	const { status, body, headers = {} } = rest({ ...request, path, ctx });
	if (request.method === 'GET' && status === 200) {
		headers.etag = `W/"${createHash('md5').update(JSON.stringify(body)).digest('hex')}"`;
		if (request.headers['if-none-match'] === headers.etag) return reply.send(304, undefined, headers);
	}
	reply.send(status, body, headers);
}

const mr = (set) => {
	const found = model.must(set.project).mrs.get(set.mr);
	if (!found) throw new Error(`no merge request ${set.project}!${set.mr}`);
	return found;
};
const item = (set) => (set.issue ? model.must(set.project).issues.get(set.issue) : mr(set));
const CAUSES = {
	// {project: PATH, approvalsRequired, free, pipelineMustSucceed, discussionsMustResolve, jobs, fork, …}
	project: ({ project, ...set }) => ({ id: model.addProject(project, set).id }),
	'project-set': ({ project, set }) => void Object.assign(model.must(project), set),
	rename: ({ project, to }) => model.rename(model.must(project), to),
	archive: ({ project, archived }) => model.archive(model.must(project), archived),
	push({ project, branch, from, files, message = 'change' }) {
		const found = model.must(project);
		const oid = git.commit(found.dir, { branch, from: from ?? found.defaultBranch, files, message });
		model.pushed(found);
		return { oid };
	},
	pushed: ({ id }) => model.pushed(model.project(String(id))),
	issue: ({ project, ...set }) => ({ iid: model.addIssue(model.must(project), set).iid }),
	// {project, branch, source: PATH of a fork, target, title, description, draft, author, labels}
	mr({ project, source, ...set }) {
		const made = model.addMr(model.must(project), { ...set, source: source && model.must(source) });
		model.diff(made); // or who asks of many waits for git's work on all of them
		return { iid: made.iid };
	},
	// {…, name, stage, status, log, allowFailure, reason} in the newest pipeline, or a new one
	job(set) {
		const pipeline = model.head(mr(set)) ?? model.pipeline(mr(set), {});
		return { id: model.job(pipeline, set).id, pipeline: pipeline.id };
	},
	approve: (set) => model.approve(mr(set), set.author ?? 'reviewer'),
	unapprove: (set) => model.unapprove(mr(set), set.author ?? 'reviewer'),
	'request-changes': (set) => model.review(mr(set), set.author ?? 'reviewer', 'requested_changes'),
	// {…, body, file, line, author, resolvable}
	discussion: (set) => ({ id: model.discussion(mr(set), set).id }),
	'discussion-resolve': (set) => model.resolve(mr(set).discussions.find((d) => d.id === set.id), set.resolved),
	note: (set) => ({ id: model.note(item(set), set).id }),
	merge: (set) => model.merge(mr(set), set),
	close: (set) => model.setState(item(set), 'closed'),
	reopen: (set) => model.setState(item(set), 'opened'),
};
await open(opt, {
	answer,
	kind({ url }) {
		if (/\.git\//.test(url.pathname)) return 'git';
		return url.pathname.endsWith('/api/graphql') ? 'graphql' : 'rest';
	},
	faults: {
		unauthorized: async (reply) => denied(reply),
		async wrong() {}, // done to the answer
		async limited(reply, { retryAfter = 60 }) {
			const headers = retryAfter === null ? {} : { 'retry-after': retryAfter, 'ratelimit-remaining': 0 };
			reply.send(429, 'Retry later\n', { 'content-type': 'text/plain', ...headers });
			return true;
		},
	},
	apply({ op, ...set }) {
		if (!CAUSES[op]) throw new Error(`no cause '${op}'`);
		return CAUSES[op](set) ?? {};
	},
	configure: (set) => Object.assign(config, set),
	summary: (log) => ({
		graphql: log.filter((r) => r.kind === 'graphql').length, invalid: log.filter((r) => r.invalid).length,
		dearest: Math.max(0, ...log.map((r) => r.cost ?? 0)), unmodelled: Object.fromEntries(graphql.unmodelled),
	}),
});
