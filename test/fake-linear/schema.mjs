// Linear's schema, rebuilt from the TypeScript declarations that its own @linear/sdk ships: types,
// fields, arguments, inputs and enums as its API had them when the package was made.
//
// Proves that a query names what Linear publishes and gives arguments their types. Cannot prove
// defaults and deprecations, which the declarations leave out, nor Linear's complexity limit; a
// connection must name a page size here, as without one Linear gives and charges for 50.
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import {
	getNamedType, GraphQLEnumType, GraphQLError, GraphQLInputObjectType, GraphQLInterfaceType, GraphQLList,
	GraphQLNonNull, GraphQLObjectType, GraphQLScalarType, GraphQLSchema, GraphQLUnionType, parse,
	specifiedScalarTypes, TypeInfo, validate, visit, visitWithTypeInfo,
} from 'graphql';

function declarations() {
	const dir = path.dirname(fileURLToPath(import.meta.resolve('@linear/sdk')));
	for (const name of fs.readdirSync(dir).filter((f) => f.endsWith('.d.mts'))) {
		const text = fs.readFileSync(path.join(dir, name), 'utf8');
		if (text.includes('\ntype QueryIssuesArgs = {')) return text.replace(/\/\*\*[\s\S]*?\*\//g, '');
	}
	throw new Error('@linear/sdk has no declarations of its schema: its layout changed');
}
// What the declarations say: {NAME: {parents, fields: {NAME: TYPE}}} and the like.
function read(text) {
	const bodies = new Map(), enums = new Map(), unions = new Map();
	for (const [, name, above, body] of text.matchAll(/^type (\w+) = ((?:\w+ & )*)\{\n([\s\S]*?)^\};/gm))
		bodies.set(name, {
			parents: above.split(' & ').filter(Boolean),
			fields: Object.fromEntries([...body.matchAll(/^ {2}(\w+)\??: ([^;]+);/gm)].map((f) => [f[1], f[2]])),
		});
	for (const [, name, body] of text.matchAll(/^declare enum (\w+) \{\n([\s\S]*?)^\}/gm))
		enums.set(name, [...body.matchAll(/= "([^"]*)"/g)].map((value) => value[1]));
	for (const [, name, members] of text.matchAll(/^type (\w+) = (\w+(?: \| \w+)+);/gm))
		unions.set(name, members.split(' | '));
	return { bodies, enums, unions };
}

export function loadSchema() {
	const { bodies, enums, unions } = read(declarations());
	const interfaces = new Set([...bodies.values()].flatMap((b) => b.parents));
	const types = new Map(specifiedScalarTypes.map((t) => [t.name, t]));
	for (const name of Object.keys(bodies.get('Scalars').fields))
		if (!types.has(name)) types.set(name, new GraphQLScalarType({ name }));

	function typed(text) { // null: a type that the declarations do not have
		const inside = text.match(/^(?:InputMaybe|Maybe)<(.*)>$/s);
		if (inside) {
			const type = typed(inside[1]);
			return type && (type.ofType ?? type);
		}
		const list = text.match(/^Array<(.*)>$/s);
		const type = list ? typed(list[1]) : named(text.match(/^Scalars\["(\w+)"\]$/)?.[1] ?? text);
		return type && new GraphQLNonNull(list ? new GraphQLList(type) : type);
	}
	function fields(set, more = () => ({})) {
		const all = Object.entries(set).filter(([name]) => name !== '__typename');
		return Object.fromEntries(all.map(([name, text]) => [name, { type: typed(text), ...more(name) }])
			.filter(([, field]) => field.type));
	}
	function composed(name) {
		const { fields: own, parents } = bodies.get(name);
		const output = '__typename' in own || ['Query', 'Mutation'].includes(name);
		if (!output && !interfaces.has(name))
			return new GraphQLInputObjectType({ name, fields: () => fields(own) });
		const all = () => Object.assign({}, ...parents.map((p) => bodies.get(p)?.fields ?? {}), own);
		const args = (field) =>
			({ args: fields(bodies.get(`${name}${field[0].toUpperCase()}${field.slice(1)}Args`)?.fields ?? {}) });
		const made = { name, fields: () => fields(all(), args) };
		if (!output) return new GraphQLInterfaceType(made);
		const above = () => parents.filter((p) => bodies.has(p)).map(named);
		return new GraphQLObjectType({ ...made, interfaces: above });
	}
	function named(name) {
		if (!types.has(name)) {
			const values = enums.get(name)?.filter((v) => /^[_A-Za-z]\w*$/.test(v));
			let type = null;
			if (values?.length)
				type = new GraphQLEnumType({ name, values: Object.fromEntries(values.map((v) => [v, {}])) });
			else if (unions.has(name))
				type = new GraphQLUnionType({ name, types: () => unions.get(name).map(named).filter(Boolean) });
			else if (bodies.has(name)) type = composed(name);
			types.set(name, type);
		}
		return types.get(name);
	}
	return new GraphQLSchema({ query: named('Query'), mutation: named('Mutation'), assumeValid: true });
}

export function check(schema, text) {
	try {
		const doc = parse(text);
		return { doc, errors: [...validate(schema, doc), ...unpaged(schema, doc)], lax: 0 };
	} catch (error) {
		return { doc: null, errors: [error], lax: 0 };
	}
}
function unpaged(schema, doc) {
	const info = new TypeInfo(schema), errors = [];
	visit(doc, visitWithTypeInfo(info, {
		Field(node) {
			if (!getNamedType(info.getType())?.name.endsWith('Connection')) return;
			if (!node.arguments.some((a) => ['first', 'last'].includes(a.name.value)))
				errors.push(new GraphQLError(`${node.name.value} names no page size`, { nodes: node }));
		},
	}));
	return errors;
}
export const price = () => ({ errors: [] });
