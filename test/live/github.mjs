// What only GitHub itself can tell: that it takes the queries that ao ships, at the price of its
// published formula, and that an unchanged answer is free. It reads and changes nothing.
//
//   GH_TOKEN=… AO_LIVE_REPO=OWNER/NAME make test-live
//
// The repository should have a pull request and an issue. A line for each check; status 1 where one
// failed, 2 where token or repository is not said. Proves nothing of what changes things: mutations
// are not sent.
import fs from 'node:fs';
import path from 'node:path';

const { GH_TOKEN, GITHUB_TOKEN, AO_LIVE_REPO: repo = '', AO_LIVE_API: api = 'https://api.github.com' } = process.env;
const token = GH_TOKEN || GITHUB_TOKEN, dir = process.argv[2];
if (!token || !/^[^/]+\/[^/]+$/.test(repo)) {
	console.error('test-live: set GH_TOKEN to a token of yours and AO_LIVE_REPO to OWNER/NAME of a repository it may read');
	process.exit(2);
}
const { parse, print } = await import('graphql');
const { loadSchema, price } = await import('../fake-github/schema.mjs');
const [owner, name] = repo.split('/'), headers = { authorization: `bearer ${token}`, 'user-agent': 'ao-test-live' };
let failed = 0;
function told(what, wrong) {
	console.log(wrong ? `not ok ${what}: ${wrong}` : `ok ${what}`);
	if (wrong) failed++;
}
async function ask(query, variables) {
	const answer = await fetch(`${api}/graphql`, { method: 'POST', headers, body: JSON.stringify({ query, variables }) });
	return answer.json();
}

const FIRST = `query($owner: String!, $name: String!) { viewer { login } repository(owner: $owner, name: $name) {
	defaultBranchRef { name } pullRequests(last: 1) { nodes { id number } } issues(last: 1) { nodes { number } } } }`;
const first = await ask(FIRST, { owner, name });
if (!first.data?.repository) {
	console.error(`test-live: ${repo} cannot be read: ${first.errors?.[0]?.message ?? first.message}`);
	process.exit(2);
}
const { repository: found, viewer } = first.data, [pull] = found.pullRequests.nodes;
// what a variable of this name, without its number, may be
const VALUES = {
	owner, name, login: viewer.login, branch: found.defaultBranchRef?.name, id: pull?.id,
	threads: [], number: pull?.number ?? found.issues.nodes[0]?.number,
};

let schema;
async function shipped(file, doc, operation) {
	const what = `${file} ${operation.name.value}`, values = {};
	for (const { variable, type } of operation.variableDefinitions ?? []) {
		const value = VALUES[variable.name.value.replace(/\d+$/, '')];
		if (value === undefined && type.kind === 'NonNullType') {
			console.log(`ok ${what} # skip nothing in ${repo} to ask $${variable.name.value} of`);
			return;
		}
		values[variable.name.value] = value;
	}
	const cost = parse('{ askedPrice: rateLimit { cost } }').definitions[0].selectionSet.selections;
	const asked = { ...operation, selectionSet: { ...operation.selectionSet, selections: [...operation.selectionSet.selections, ...cost] } };
	const whole = { ...doc, definitions: [asked, ...reached(doc, operation)] };
	schema ??= loadSchema();
	const { data, errors } = await ask(print(whole), values);
	const bad = (errors ?? []).filter((e) => e.type !== 'NOT_FOUND').map((e) => e.message);
	const formula = price(schema, whole, operation.name.value, values).cost;
	told(what, bad.join('; ') || (data.askedPrice.cost === formula ? '' : `costs ${data.askedPrice.cost}, by the formula ${formula}`));
}
// the fragments that an operation needs: GitHub refuses unused ones
function reached(doc, operation) {
	const all = new Map(doc.definitions.filter((d) => d.kind === 'FragmentDefinition').map((d) => [d.name.value, d]));
	const names = new Set();
	const walk = (node) => {
		for (const [, fragment] of print(node).matchAll(/\.\.\.\s*(?!on\b)(\w+)/g)) {
			if (names.has(fragment)) continue;
			names.add(fragment);
			walk(all.get(fragment));
		}
	};
	walk(operation);
	return [...names].map((n) => all.get(n));
}

const files = fs.existsSync(dir) ? fs.readdirSync(dir).filter((f) => f.endsWith('.graphql')) : [];
for (const file of files) {
	const doc = parse(fs.readFileSync(path.join(dir, file), 'utf8'));
	for (const operation of doc.definitions.filter((d) => d.operation === 'query')) await shipped(file, doc, operation);
}
told('queries', files.length ? '' : `there are none in ${dir}`);

const bell = `${api}/repos/${repo}/pulls?state=all&sort=updated&direction=desc&per_page=1`; // what a poll asks of an idle one
const before = await fetch(bell, { headers });
const again = await fetch(bell, { headers: { ...headers, 'if-none-match': before.headers.get('etag') } });
told('an unchanged answer is 304', again.status === 304 ? '' : `it is ${again.status}`);
const left = [before, again].map((a) => +a.headers.get('x-ratelimit-remaining'));
told('and free', left[0] - left[1] <= 0 ? '' : `it cost ${left[0] - left[1]}, if nobody else used this token`);
process.exit(failed ? 1 : 0);
