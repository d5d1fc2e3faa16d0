// A small Linear: GraphQL at /graphql, executed against Linear's own schema (schema.mjs), with
// issues to get, list, create, comment and move. Doors, faults and log: ../fake/door.mjs.
//
// Causes: {op: 'issue', team, title, description, state, assignee, labels}, {op: 'move', issue,
// state}, {op: 'comment', issue, author, body}. Faults beyond the shared ones: unauthorized,
// ratelimited {reset: seconds}.
//
// Proves that queries are valid and that what they answer is understood. Cannot prove more of
// Linear's behaviour than these verbs, nor its filters beyond comparisons of ids, names, keys, types
// and numbers by eq, neq, in and nin: another one is an error here.
import { execute, GraphQLError, isNonNullType } from 'graphql';
import { open, options } from '../fake/door.mjs';
import { Model } from './model.mjs';
import { check, loadSchema } from './schema.mjs';

const opt = options(), model = new Model(), unmodelled = new Map();
let schema;
const COMPARE = {
	eq: (is, want) => is === want, neq: (is, want) => is !== want,
	in: (is, want) => want.includes(is), nin: (is, want) => !want.includes(is),
};
const fail = (message, code) => {
	throw new GraphQLError(message, { extensions: { type: 'invalid input', code, userError: true, userPresentableMessage: message } });
};
const need = (thing, what) => thing ?? fail(`Entity not found: ${what}`, 'INPUT_ERROR');

// {team: {key: {eq: 'ENG'}}, labels: {some: {name: …}}, or: […]} over our plain objects
function fits(thing, filter) {
	return Object.entries(filter ?? {}).every(([key, want]) => {
		if (want == null) return true;
		if (key === 'and') return want.every((f) => fits(thing, f));
		if (key === 'or') return want.some((f) => fits(thing, f));
		if (COMPARE[key]) return COMPARE[key](thing ?? null, want);
		if (key === 'null') return (thing == null) === want;
		if (key === 'isMe') return (thing === model.viewer) === want;
		if (key === 'some') return thing.some((inner) => fits(inner, want));
		if (thing !== null && (typeof thing !== 'object' || !(key in thing))) fail(`the fake cannot filter by ${key}`, 'INPUT_ERROR');
		return fits(thing?.[key], want);
	});
}
function page(list, { first = 50, last, after, filter, includeArchived }) {
	const all = list.filter((x) => (includeArchived || !x.archivedAt) && fits(x, filter));
	const from = after ? all.findIndex((x) => x.id === after) + 1 : last ? Math.max(0, all.length - last) : 0;
	const nodes = all.slice(from, from + (last ?? first));
	return {
		nodes, edges: nodes.map((node) => ({ cursor: node.id, node })),
		pageInfo: {
			hasNextPage: from + nodes.length < all.length, hasPreviousPage: from > 0,
			startCursor: nodes[0]?.id ?? null, endCursor: nodes.at(-1)?.id ?? null,
		},
	};
}
const known = (id) => need(model.issue(id), 'Issue');
const byId = (list, id, what) => (id == null ? undefined : need(list.find((x) => x.id === id), what));
const newest = (list) => [...list].reverse(); // Linear's own order
const done = (more) => ({ success: true, lastSyncId: model.seq, ...more });

function update(issue, { stateId, assigneeId, labelIds, ...plain }) {
	const state = byId(issue.team.states, stateId, 'WorkflowState');
	for (const key of ['title', 'description', 'priority']) if (plain[key] !== undefined) issue[key] = plain[key];
	if (assigneeId !== undefined) issue.assignee = byId(model.users, assigneeId, 'User') ?? null;
	if (labelIds) issue.labels = labelIds.map((id) => byId(model.labels, id, 'IssueLabel'));
	if (state) model.move(issue, state);
	return done({ issue });
}
const RESOLVE = {
	Query: {
		viewer: () => model.viewer, issue: (_, { id }) => known(id),
		issues: (_, args) => page(newest(model.issues), args), teams: (_, args) => page(model.teams, args),
		team: (_, { id }) => need(model.teams.find((t) => t.id === id || t.key === id), 'Team'),
		users: (_, args) => page(model.users, args), issueLabels: (_, args) => page(model.labels, args),
		workflowStates: (_, args) => page(model.teams.flatMap((t) => t.states), args),
	},
	Mutation: {
		issueCreate: (_, { input }) => {
			const team = byId(model.teams, input.teamId, 'Team');
			if (!input.title) fail('title is required', 'INPUT_ERROR');
			return done({
				issue: model.add({
					team, title: input.title, description: input.description ?? null, priority: input.priority ?? 0,
					state: byId(team.states, input.stateId, 'WorkflowState'),
					assignee: byId(model.users, input.assigneeId, 'User') ?? null,
					labels: (input.labelIds ?? []).map((id) => byId(model.labels, id, 'IssueLabel')),
				}),
			});
		},
		issueUpdate: (_, { id, input }) => update(known(id), input),
		commentCreate: (_, { input }) => done({ comment: model.comment(known(input.issueId), input) }),
	},
	Issue: {
		url: (i) => `https://linear.app/box/issue/${i.identifier}/x`,
		branchName: (i) => `ann/${i.identifier.toLowerCase()}-${i.title.toLowerCase().replace(/[^a-z0-9]+/g, '-')}`,
		priorityLabel: (i) => ['No priority', 'Urgent', 'High', 'Medium', 'Low'][i.priority],
		labels: (i, args) => page(i.labels, args), comments: (i, args) => page(newest(i.comments), args),
	},
	Team: {
		states: (t, args) => page(t.states, args),
		issues: (t, args) => page(newest(model.issues.filter((i) => i.team === t)), args),
	},
};
function fieldResolver(source, args, ctx, info) {
	const type = info.parentType.name, name = info.fieldName;
	if (RESOLVE[type]?.[name]) return RESOLVE[type][name](source, args);
	if (source && name in source) return source[name];
	unmodelled.set(`${type}.${name}`, (unmodelled.get(`${type}.${name}`) ?? 0) + 1);
	if (isNonNullType(info.returnType)) throw new GraphQLError(`the fake does not model ${type}.${name}`);
	return null;
}
const failure = (message, code) => ({ errors: [{ message, extensions: { type: code.toLowerCase(), code } }] });
const denied = (reply) => reply.send(401, failure('Authentication required, not authenticated', 'AUTHENTICATION_ERROR'));

async function answer(request, reply) {
	const auth = request.headers.authorization ?? '';
	if (/^bearer lin_api_/i.test(auth)) // a key is sent bare; only OAuth's tokens are Bearer
		return reply.send(400, failure('It looks like you are trying to use an API key as a Bearer token.', 'INVALID_INPUT'));
	if (!/^(lin_api_|bearer )/i.test(auth) || /bad|expired/.test(auth)) return denied(reply);
	if (request.url.pathname !== '/graphql') return reply.send(404, { message: 'not found' });
	schema ??= loadSchema();
	const { query, variables, operationName } = JSON.parse(request.text), { doc, errors } = check(schema, query);
	reply.record.query = query;
	if (errors.length) {
		reply.record.invalid = true;
		const said = errors.map((e) => ({ message: e.message, extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } }));
		return reply.send(400, { errors: said });
	}
	const result = await execute({
		schema, document: doc, variableValues: variables, operationName, fieldResolver, typeResolver: (v) => v.__typename,
	});
	reply.send(200, result);
}
await open(opt, {
	answer,
	kind: () => 'graphql',
	faults: {
		async unauthorized(reply) {
			denied(reply);
			return true;
		},
		async ratelimited(reply, { reset = 60 }) {
			reply.send(400, failure('Rate limit exceeded', 'RATELIMITED'), {
				'x-ratelimit-requests-limit': 5000, 'x-ratelimit-requests-remaining': 0,
				'x-ratelimit-requests-reset': Date.now() + reset * 1000,
			});
			return true;
		},
	},
	apply: ({ op, ...set }) => {
		const causes = {
			issue() {
				const team = model.team(set.team);
				return { identifier: model.add({
					...set, team, state: set.state && model.state(team, set.state),
					assignee: set.assignee ? model.user(set.assignee) : null,
					creator: model.user(set.creator ?? 'ann'), labels: (set.labels ?? []).map((l) => model.label(l)),
				}).identifier };
			},
			move: () => model.move(known(set.issue), model.state(known(set.issue).team, set.state)),
			comment: () => ({ id: model.comment(known(set.issue), { body: set.body, user: model.user(set.author) }).id }),
		};
		if (!causes[op]) throw new Error(`no cause '${op}'`);
		return causes[op]() ?? {};
	},
	configure: () => ({}),
	summary: (log) => ({ invalid: log.filter((r) => r.invalid).length, unmodelled: Object.fromEntries(unmodelled) }),
});
