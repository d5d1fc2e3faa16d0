// GitLab's GraphQL schema, rebuilt from the TypeScript declarations that @git-filesystem/gitlab, a client
// that is not ours, generated from it in 2023; what GitLab added since and ao asks for is named below, by
// hand, from its own source (docs/forges.md). With it what GitLab charges for a query.
//
// Proves that a query names what GitLab publishes, gives arguments their types and stays below the limits
// that GitLab documents. Cannot prove that GitLab still charges so, nor what an older server lacks.
import fs from 'node:fs';
import { extendSchema, getNamedType, parse, TypeInfo, validate, visit, visitWithTypeInfo } from 'graphql';
import { schemaOf } from '../fake/declarations.mjs';

export const MAX_COMPLEXITY = 250, MAX_LENGTH = 10_000, MAX_PAGE = 100;

const SINCE = `
	extend type MergeRequest { closedAt: Time resolvableDiscussionsCount: Int resolvedDiscussionsCount: Int }
	extend enum DetailedMergeStatus { CONFLICT NEED_REBASE REQUESTED_CHANGES APPROVALS_SYNCING }
	extend enum MergeRequestReviewState { APPROVED UNAPPROVED REQUESTED_CHANGES REVIEW_STARTED }
	extend enum PipelineStatusEnum { CANCELING WAITING_FOR_CALLBACK }`;

function declarations() {
	const file = new URL('lib/gql/sdk/sdk.generated.d.ts', import.meta.resolve('@git-filesystem/gitlab'));
	return fs.readFileSync(file, 'utf8').replace(/\/\*\*[\s\S]*?\*\//g, '').replace(/^export /gm, '')
		.replace(/^(?: {4})+/gm, (blanks) => ' '.repeat(blanks.length / 2))
		.replace(/Scalars\['(\w+)'\]\['\w+'\]/g, 'Scalars["$1"]').replace(/ =\s*\n\s*'/g, " = '").replace(/\s*\n\s*\| /g, ' | ');
}
export function loadSchema() {
	const schema = schemaOf(declarations());
	const news = parse(SINCE).definitions.map((d) => {
		// it may have had some of them
		if (d.kind === 'EnumTypeExtension')
			return { ...d, values: d.values.filter((v) => !schema.getType(d.name.value).getValue(v.name.value)) };
		return { ...d, fields: d.fields.filter((f) => !schema.getType(d.name.value).getFields()[f.name.value]) };
	}).filter((d) => (d.values ?? d.fields).length);
	return extendSchema(schema, { kind: 'Document', definitions: news }, { assumeValid: true });
}

// What GitLab charges for a field beyond 1, by its app/graphql: a call of Gitaly is one more, some name
// their price, a list of a resolver one for its order and a hundredth of all in it for each it may have,
// but where it is asked by numbers (Types::BaseField, Resolvers::BaseResolver).
const DEARER = {
	'Query.queryComplexity': 0, 'QueryComplexity.score': 0, 'QueryComplexity.limit': 0,
	'Repository.rootRef': 2, 'MergeRequest.diffHeadSha': 2, 'MergeRequest.detailedMergeStatus': 2,
	'MergeRequest.approvalsLeft': 2, 'MergeRequest.approved': 2, 'MergeRequest.mergedAt': 5,
	'MergeRequest.closedAt': 5, 'MergeRequest.reviewers': 5, 'Project.mergeRequests': 2,
};
const BY_ITEM = new Set(['Project.mergeRequests']);

export function price(schema, doc, name, variables = {}) {
	const op = doc.definitions.find((d) => d.kind === 'OperationDefinition' && (!name || d.name?.value === name));
	const fragments = new Map(doc.definitions.filter((d) => d.kind === 'FragmentDefinition').map((d) => [d.name.value, d]));
	const errors = [];
	const argument = (field, key) => {
		const value = field.arguments.find((a) => a.name.value === key)?.value;
		return value?.kind === 'Variable' ? (variables[value.name.value] ?? true) : value && (value.kind === 'IntValue' ? +value.value : true);
	};
	function walk(set, type) {
		let sum = 0;
		for (const s of set?.selections ?? []) {
			if (s.kind !== 'Field') {
				const fragment = s.kind === 'InlineFragment' ? s : fragments.get(s.name.value);
				sum += walk(fragment.selectionSet, fragment.typeCondition ? schema.getType(fragment.typeCondition.name.value) : type);
				continue;
			}
			const key = `${type.name}.${s.name.value}`, inner = getNamedType(type.getFields()[s.name.value].type);
			const own = (DEARER[key] ?? 1) + (s.selectionSet ? walk(s.selectionSet, inner) : 0);
			const size = argument(s, 'first') ?? argument(s, 'last');
			if (inner.name.endsWith('Connection') && !(size <= MAX_PAGE))
				errors.push(new Error(`${s.name.value} names no page size, or more than ${MAX_PAGE}`));
			sum += BY_ITEM.has(key) && !argument(s, 'iids') ? Math.trunc(own + own * Math.min(size ?? MAX_PAGE, MAX_PAGE) * 0.01) : own;
		}
		return sum;
	}
	return { cost: walk(op.selectionSet, schema.getQueryType()), errors };
}

// lacks: what an older server, or the Community Edition, does not have ('Type.field')
export function check(schema, text, lacks = []) {
	try {
		const doc = parse(text), info = new TypeInfo(schema), errors = [...validate(schema, doc)];
		visit(doc, visitWithTypeInfo(info, {
			Field(node) {
				if (!lacks.includes(`${info.getParentType()?.name}.${node.name.value}`)) return;
				errors.push({ message: `Cannot query field "${node.name.value}" on type "${info.getParentType().name}".` });
			},
		}));
		return { doc, errors, lax: 0 };
	} catch (error) {
		return { doc: null, errors: [error], lax: 0 };
	}
}
