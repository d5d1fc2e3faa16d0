// What ao will ask, judged by the schema of whom it asks:
//
//   node judge.mjs github|gitlab|linear DIR
//
// validates every *.graphql right in DIR and prints a line of JSON for each operation: file,
// operation, errors, and for GitHub its price. Fields with numbered aliases (p0, d0) are patterns
// that ao repeats: `repeated` has the price of 100 of each in one query, in two, and in lots of 29, alone
// beside what has no alias. In a list of ids of which nothing is known there are three. Status 1 where anything is refused, and where there is nothing to judge.
//
// Proves that no query is wrong by the published schema and what it costs by the published formula.
// Cannot prove what ao makes of the patterns: that is seen at the fakes, which judge alike.
import fs from 'node:fs';
import path from 'node:path';
import { visit } from 'graphql';
import * as github from '../fake-github/schema.mjs';
import * as gitlab from '../fake-gitlab/schema.mjs';
import * as linear from '../fake-linear/schema.mjs';

const FORGES = { github, gitlab, linear };
const [forge, dir] = process.argv.slice(2);
const { loadSchema, check, price } = FORGES[forge];
const schema = loadSchema();

const numbered = (node) => /\d$/.test(node.alias?.value ?? '');
function patterns(operation) {
	const found = new Set();
	visit(operation, {
		Field(node) {
			const inner = node.selectionSet?.selections.some(numbered);
			if (numbered(node) && !inner) found.add(node.alias.value);
		},
	});
	return [...found];
}
// The document with `count` of one pattern and none of the others.
function repeat(doc, alias, count) {
	const among = (selections) => selections.flatMap((s) => {
		if (s.alias?.value === alias)
			return Array.from({ length: count }, (_, i) => ({ ...s, alias: { ...s.alias, value: `x${i}` } }));
		return s.alias ? [] : [s];
	});
	return visit(doc, {
		SelectionSet(node) {
			if (node.selections.some((s) => s.alias?.value === alias)) return { ...node, selections: among(node.selections) };
		},
	});
}
function priced(doc, operation) {
	const name = operation.name?.value, { cost, nodes, errors } = price(schema, doc, name);
	const each = (alias, count) => price(schema, repeat(doc, alias, count), name).cost;
	const repeated = patterns(operation).map((alias) =>
		[alias, { whole: each(alias, 100), halves: 2 * each(alias, 50), lots: 3 * each(alias, 29) + each(alias, 13) }]);
	return { cost, nodes, errors: errors.map((e) => e.message), repeated: Object.fromEntries(repeated) };
}

const files = fs.readdirSync(dir).filter((f) => f.endsWith('.graphql'));
let bad = files.length === 0;
for (const file of files) {
	const { doc, errors, lax } = check(schema, fs.readFileSync(path.join(dir, file), 'utf8'));
	const said = errors.map((e) => e.message);
	if (lax) said.push('fields of differing types share a name');
	if (said.length) {
		bad = true;
		console.log(JSON.stringify({ file, errors: said }));
		continue;
	}
	for (const operation of doc.definitions.filter((d) => d.kind === 'OperationDefinition')) {
		const out = { file, operation: operation.name?.value, ...priced(doc, operation) };
		if (!operation.name) out.errors.push('an operation without a name');
		bad ||= out.errors.length > 0;
		console.log(JSON.stringify(out));
	}
}
if (!files.length) console.log(JSON.stringify({ errors: [`no queries in ${dir}`] }));
process.exit(bad ? 1 : 0);
