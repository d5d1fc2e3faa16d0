// GitHub's published schema, and what GitHub demands of a query beyond it: a page size on every
// connection, at most 100, at most 500,000 nodes; and the documented price of a query.
//
// Proves that a query uses fields, arguments and types that GitHub publishes, and what it costs by
// the published formula. Cannot prove that GitHub still serves a field that it publishes, nor that
// it charges by its own formula.
import fs from 'node:fs';
import { buildSchema, getNamedType, GraphQLError, isObjectType, parse, specifiedRules, validate } from 'graphql';

export const MAX_NODES = 500_000;
const IDS = 3; // in a list of ids of which nothing is known

export function loadSchema() {
	// the package exports no file; the schema lies beside its entry
	const file = new URL('schema.graphql', import.meta.resolve('@octokit/graphql-schema'));
	return buildSchema(fs.readFileSync(file, 'utf8'), { assumeValidSDL: true });
}

function operation(doc, name) {
	const all = doc.definitions.filter((d) => d.kind === 'OperationDefinition');
	return all.find((d) => !name || d.name?.value === name);
}
function integers(op, variables) {
	const known = { ...variables };
	for (const v of op.variableDefinitions ?? [])
		if (v.defaultValue?.kind === 'IntValue') known[v.variable.name.value] ??= +v.defaultValue.value;
	return (node, name) => {
		const value = node.arguments?.find((a) => a.name.value === name)?.value;
		if (!value || value.kind === 'NullValue') return undefined;
		return value.kind === 'Variable' ? known[value.name.value] : +value.value;
	};
}
function badPage(field, size) {
	const name = field.name.value;
	const counts = (s) => s.kind === 'Field' && !['nodes', 'edges'].includes(s.name.value);
	if (size === undefined)
		return field.selectionSet.selections.every(counts) ? null : ['MISSING_PAGINATION_BOUNDARIES',
			`You must provide a \`first\` or \`last\` value to properly paginate the \`${name}\` connection.`];
	if (size >= 1 && size <= 100) return null;
	return ['EXCESSIVE_PAGINATION',
		`Requesting ${size} records on the \`${name}\` connection exceeds the \`first\` limit of 100 records.`];
}

// One request for each connection below each parent node; together divided by 100, rounded, at
// least 1. Nodes: page sizes multiplied downwards.
export function price(schema, doc, name, variables) {
	const op = operation(doc, name), fragments = new Map(), errors = [];
	const out = { requests: 0, nodes: 0, cost: 1, errors };
	if (!op) return out;
	const number = integers(op, variables);
	for (const d of doc.definitions) if (d.kind === 'FragmentDefinition') fragments.set(d.name.value, d);

	function connection(field, type, parents) {
		const size = number(field, 'first') ?? number(field, 'last');
		const bad = badPage(field, size);
		if (bad) errors.push(new GraphQLError(bad[1], { nodes: field, extensions: { type: bad[0] } }));
		out.requests += parents;
		out.nodes += parents * (size ?? 0);
		walk(field.selectionSet, type, parents * (size ?? 1));
	}
	function walk(set, type, parents) {
		for (const s of set?.selections ?? []) {
			if (s.kind === 'FragmentSpread' || s.kind === 'InlineFragment') {
				const fragment = s.kind === 'InlineFragment' ? s : fragments.get(s.name.value);
				const on = fragment.typeCondition ? schema.getType(fragment.typeCondition.name.value) : type;
				walk(fragment.selectionSet, on, parents);
				continue;
			}
			const field = type.getFields?.()[s.name.value];
			const inner = field && getNamedType(field.type);
			if (isObjectType(inner) && inner.name.endsWith('Connection')) connection(s, inner, parents);
			else if (inner) walk(s.selectionSet, inner, parents * named(s));
		}
	}
	// nodes(ids: …): what lies below costs for each of them
	function named(field) {
		const ids = field.name.value === 'nodes' && field.arguments?.find((a) => a.name.value === 'ids')?.value;
		if (!ids) return 1;
		return ids.kind === 'ListValue' ? ids.values.length : (variables?.[ids.name.value]?.length ?? IDS);
	}
	walk(op.selectionSet, op.operation === 'mutation' ? schema.getMutationType() : schema.getQueryType(), 1);
	if (out.nodes > MAX_NODES)
		errors.push(new GraphQLError(`This query requests up to ${out.nodes} possible nodes which exceeds the maximum limit of 500,000.`,
			{ extensions: { type: 'MAX_NODE_LIMIT_EXCEEDED' } }));
	out.cost = Math.max(1, Math.round(out.requests / 100));
	return out;
}

// GitHub lets fields of differing types share a name in fragments that cannot meet, which the
// specification forbids and gh does: told apart as lax. ao's queries must have none.
const LAX = / because they return conflicting types /;

export function check(schema, text) {
	try {
		const doc = parse(text), all = validate(schema, doc, specifiedRules, { maxErrors: 20 });
		return {
			doc, errors: all.filter((e) => !LAX.test(e.message)), lax: all.filter((e) => LAX.test(e.message)).length,
		};
	} catch (error) {
		return { doc: null, errors: [error], lax: 0 };
	}
}
