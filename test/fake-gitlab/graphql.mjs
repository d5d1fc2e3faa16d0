// GraphQL over the same state: queries for merge requests, refused as GitLab refuses them. What no
// resolver models is null and told in the summary.
import { execute, isNonNullType } from 'graphql';
import { check, loadSchema, MAX_COMPLEXITY, MAX_LENGTH, MAX_PAGE, price } from './schema.mjs';
import { makeShapes } from './shapes.mjs';

export function makeGraphql(model, config) {
	const show = makeShapes(model), unmodelled = new Map();
	let schema; // only where someone asks
	const word = (s) => s?.toUpperCase() ?? null;
	const nodes = (list, { first = MAX_PAGE } = {}) => ({ nodes: list.slice(0, Math.min(first, MAX_PAGE)) });
	const project = (p) => p && { p, fullPath: p.path, repository: { rootRef: p.defaultBranch } };
	const resolvable = (m) => m.discussions.filter((d) => d.notes[0].resolvable);

	// one reading of a merge request: each may change what the next one says
	function mergeRequest(m, ctx) {
		const r = show.mr(m, ctx), head = model.head(m);
		return {
			m, iid: `${m.iid}`, state: m.state, draft: r.draft, title: m.title, webUrl: r.web_url, sourceBranch: m.sourceBranch,
			targetBranch: m.targetBranch, diffHeadSha: m.sha, createdAt: m.createdAt, mergedAt: m.mergedAt, closedAt: m.closedAt,
			mergeCommitSha: m.mergeSha, conflicts: r.has_conflicts, mergeStatusEnum: word(r.merge_status),
			detailedMergeStatus: word(r.detailed_merge_status), approvalsLeft: m.project.free ? 0 : model.approvalsLeft(m),
			approvedBy: (a) => nodes(m.approvals.map((x) => x.user), a), author: m.author,
			reviewers: (a) => nodes([...m.reviewers].map(([u, { state }]) => ({ ...u, mergeRequestInteraction: { reviewState: word(state) } })), a),
			sourceProject: project(m.source), hasCi: model.pipelines(m).length > 0 || m.project.jobs.length > 0,
			headPipeline: head && {
				id: `gid://gitlab/Ci::Pipeline/${head.id}`, status: word(model.pipelineState(head)), updatedAt: head.updatedAt,
				project: project(head.project),
			},
			resolvableDiscussionsCount: resolvable(m).length,
			resolvedDiscussionsCount: resolvable(m).filter((d) => d.notes.some((n) => n.resolved)).length,
			userNotesCount: r.user_notes_count,
		};
	}
	const resolvers = {
		Query: {
			queryComplexity: (_, args, ctx) => ({ score: ctx.cost, limit: config.complexity }),
			project: (_, { fullPath }) => project(model.project(fullPath, false)) ?? null, // a former path is not followed
		},
		Project: {
			mergeRequests({ p }, { iids, sourceBranches, first }, ctx) {
				const fits = (m) => (!iids || iids.includes(`${m.iid}`)) && (!sourceBranches || sourceBranches.includes(m.sourceBranch));
				return nodes([...p.mrs.values()].filter(fits).reverse().map((m) => mergeRequest(m, ctx)), { first });
			},
		},
	};
	function fieldResolver(source, args, ctx, info) {
		const type = info.parentType.name, name = info.fieldName, resolve = resolvers[type]?.[name];
		if (resolve) return resolve(source, args, ctx);
		if (source && name in source) return typeof source[name] === 'function' ? source[name](args) : source[name];
		unmodelled.set(`${type}.${name}`, (unmodelled.get(`${type}.${name}`) ?? 0) + 1);
		if (isNonNullType(info.returnType)) throw new Error(`the fake does not model ${type}.${name}`);
		return null;
	}
	// in graphql-ruby's words
	function refused({ message, locations }) {
		const [, field, type] = message.match(/^Cannot query field "(\w+)" on type "(\w+)"/) ?? [];
		return field
			? { message: `Field '${field}' doesn't exist on type '${type}'`, locations, extensions: { code: 'undefinedField', typeName: type, fieldName: field } }
			: { message, locations, extensions: { code: 'argumentLiteralsIncompatible' } };
	}
	async function run({ query, variables, operationName }, ctx) {
		schema ??= loadSchema();
		if (query.length > MAX_LENGTH) return { invalid: true, body: { errors: [{ message: 'Query too large' }] } };
		const { doc, errors } = check(schema, query, config.lacks);
		if (errors.length) return { invalid: true, body: { errors: errors.slice(0, 5).map(refused) } };
		const { cost, errors: unpaged } = price(schema, doc, operationName, variables);
		if (unpaged.length) throw unpaged[0];
		if (cost > config.complexity)
			return { cost, invalid: true, body: { errors: [{ message: `Query has complexity of ${cost}, which exceeds max complexity of ${config.complexity}` }] } };
		const result = await execute({
			schema, document: doc, variableValues: variables, operationName, fieldResolver, contextValue: { ...ctx, cost }, typeResolver: (v) => v.__typename,
		});
		return { cost, body: JSON.parse(JSON.stringify(result)) };
	}
	return { run, unmodelled };
}
export { MAX_COMPLEXITY };
