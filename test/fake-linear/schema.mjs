// Linear's schema, rebuilt from the TypeScript declarations that its own @linear/sdk ships: types,
// fields, arguments, inputs and enums as its API had them when the package was made.
//
// Proves that a query names what Linear publishes and gives arguments their types. Cannot prove
// defaults and deprecations, which the declarations leave out, nor Linear's complexity limit; a
// connection must name a page size here, as without one Linear gives and charges for 50.
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { getNamedType, GraphQLError, parse, TypeInfo, validate, visit, visitWithTypeInfo } from 'graphql';
import { schemaOf } from '../fake/declarations.mjs';

function declarations() {
	const dir = path.dirname(fileURLToPath(import.meta.resolve('@linear/sdk')));
	for (const name of fs.readdirSync(dir).filter((f) => f.endsWith('.d.mts'))) {
		const text = fs.readFileSync(path.join(dir, name), 'utf8');
		if (text.includes('\ntype QueryIssuesArgs = {')) return text.replace(/\/\*\*[\s\S]*?\*\//g, '');
	}
	throw new Error('@linear/sdk has no declarations of its schema: its layout changed');
}
export const loadSchema = () => schemaOf(declarations());

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
