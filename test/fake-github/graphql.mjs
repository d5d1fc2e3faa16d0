// GraphQL over GitHub's own schema: what the schema refuses is refused, in the validator's words,
// and a field that no resolver models is null or an error and is told in the summary. A test of
// ao's own queries ends by asserting that `invalid`, `lax` and `unmodelled` are empty.
import { execute, GraphQLError, isNonNullType } from 'graphql';
import { makeResolvers } from './resolvers.mjs';
import { check, loadSchema, price } from './schema.mjs';

export function makeGraphql(model) {
	const resolvers = makeResolvers(model);
	let schema; // a third of a second, only where someone asks
	const unmodelled = new Map(), checked = new Map();

	function fieldResolver(source, args, ctx, info) {
		const type = info.parentType.name, name = info.fieldName, resolve = resolvers[type]?.[name];
		if (resolve) {
			try {
				return resolve(source, args, ctx);
			} catch (error) {
				if (error instanceof GraphQLError || !error.type) throw error;
				throw new GraphQLError(error.message, { extensions: { type: error.type } });
			}
		}
		if (source && name in source) return source[name];
		if (name === 'clientMutationId') return null;
		unmodelled.set(`${type}.${name}`, (unmodelled.get(`${type}.${name}`) ?? 0) + 1);
		if (isNonNullType(info.returnType)) throw new GraphQLError(`the fake does not model ${type}.${name}`);
		return null;
	}
	const shaped = ({ message, path, locations, extensions }) =>
		({ type: extensions?.type, path, locations, message });

	async function run({ query, variables, operationName }, ctx) {
		schema ??= loadSchema();
		if (!checked.has(query)) checked.set(query, check(schema, query));
		const { doc, errors, lax } = checked.get(query);
		if (errors.length)
			return { cost: 1, nodes: 0, invalid: true, lax, body: { errors: errors.map((e) => ({ ...e.toJSON(), extensions: { code: 'invalidQuery' } })) } };
		const paid = price(schema, doc, operationName, variables);
		const out = { cost: paid.cost, nodes: paid.nodes, lax };
		if (paid.errors.length)
			return { ...out, invalid: true, body: { errors: paid.errors.map(shaped) } };
		const result = await execute({
			schema, document: doc, variableValues: variables, operationName, fieldResolver,
			contextValue: { ...ctx, price: paid }, typeResolver: (value) => value.__typename ?? value.kind,
		});
		const body = {};
		if ('data' in result) body.data = result.data;
		if (result.errors) body.errors = result.errors.map(shaped);
		return { ...out, body };
	}
	return { run, unmodelled };
}

// The good answer with one field of it lost on the way: null beside good data, and an error.
export function lose(body, alias) {
	const walk = (value, path) => {
		if (!value || typeof value !== 'object') return false;
		if (alias in value) {
			value[alias] = null;
			const message = 'Something went wrong while executing your query. Please include `FA4E:2` when reporting this issue.';
			body.errors = [...(body.errors ?? []), { path: [...path, alias], message }];
			return true;
		}
		return Object.entries(value).some(([key, inner]) => walk(inner, [...path, key]));
	};
	if (!walk(body.data, [])) throw new Error(`nothing in the answer is called ${alias}`);
}
