// A schema out of TypeScript declarations that graphql-codegen made of it: types, fields, arguments,
// inputs and enums. Defaults and deprecations are lost on the way, and what a scalar may be.
import {
	GraphQLEnumType, GraphQLInputObjectType, GraphQLInterfaceType, GraphQLList, GraphQLNonNull, GraphQLObjectType,
	GraphQLScalarType, GraphQLSchema, GraphQLUnionType, specifiedScalarTypes,
} from 'graphql';

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
	for (const [, name, values] of text.matchAll(/^type (\w+) = ('\w+'(?: \| '\w+')*);/gm))
		enums.set(name, [...values.matchAll(/'(\w+)'/g)].map((value) => value[1]));
	for (const [, name, members] of text.matchAll(/^type (\w+) = (\w+(?: \| \w+)+);/gm))
		unions.set(name, members.split(' | '));
	return { bodies, enums, unions };
}

// text: without comments, a type a block, its fields two blanks in
export function schemaOf(text) {
	const { bodies, enums, unions } = read(text);
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
