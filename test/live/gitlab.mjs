// What only a GitLab itself can tell: that it takes the question that ao ships, at the price that ao computes, and
// answers it within the two seconds that `ao status` waits. It reads and changes nothing.
//
//   GITLAB_TOKEN=… AO_LIVE_PROJECT=GROUP/NAME make test-live     AO_LIVE_API: another server's …/api/graphql
//
// The project should have a merge request. A line for each check; status 1 where one failed, 2 where token or
// project is not said.
import fs from 'node:fs';
import path from 'node:path';

const { GITLAB_TOKEN: token, AO_LIVE_PROJECT: project = '', AO_LIVE_API: api = 'https://gitlab.com/api/graphql' } = process.env;
if (!token || !/^[^/]+(\/[^/]+)+$/.test(project)) {
	console.error('test-live: set GITLAB_TOKEN to a token of yours (read_api) and AO_LIVE_PROJECT to GROUP/NAME of a project it may read');
	process.exit(2);
}
const { parse, print } = await import('graphql');
const { loadSchema, price } = await import('../fake-gitlab/schema.mjs');
let failed = 0;
function told(what, wrong) {
	console.log(wrong ? `not ok ${what}: ${wrong}` : `ok ${what}`);
	if (wrong) failed++;
}
async function ask(query, variables) {
	const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json', 'user-agent': 'ao-test-live' };
	const begun = performance.now(), answer = await fetch(api, { method: 'POST', headers, body: JSON.stringify({ query, variables }) });
	return { status: answer.status, ...(await answer.json()), ms: Math.round(performance.now() - begun) };
}

const FIRST = `query($path: ID!) { project(fullPath: $path) { mergeRequests(first: 50, sort: CREATED_DESC) {
	nodes { iid sourceBranch } } } }`;
const first = await ask(FIRST, { path: project }), found = first.data?.project?.mergeRequests.nodes;
if (!found) {
	console.error(`test-live: ${project} cannot be read: status ${first.status}, ${first.errors?.[0]?.message ?? 'no such project'}`);
	process.exit(2);
}
const doc = parse(fs.readFileSync(path.join(process.argv[2], 'sessions.graphql'), 'utf8'));
const score = parse('{ queryComplexity { score limit } }').definitions[0].selectionSet.selections;
const [operation, ...fragments] = doc.definitions;
const whole = { ...doc, definitions: [{ ...operation, selectionSet: { ...operation.selectionSet,
	selections: [...score, ...operation.selectionSet.selections] } }, ...fragments] };
const values = { path0: project, of0: found.map((m) => m.iid), of1: [...new Set(found.map((m) => m.sourceBranch))].slice(0, 33) };
const formula = price(loadSchema(), doc, 'Sessions', values).cost;
const { data, errors, ms } = await ask(print(whole), values);
told('the question is taken', errors?.map((e) => e.message).join('; '));
if (data) {
	const { score: charged, limit } = data.queryComplexity;
	// what it charges for telling its price is not known
	told(`its price of ${formula}`, charged >= formula && charged <= formula + 3 ? '' : `${charged} of ${limit}`);
	told('each merge request is in it', data.r0.l0.nodes.length === found.length ? '' : `${data.r0.l0.nodes.length} of ${found.length}`);
	told(`in time, ${ms} ms`, ms < 2000 ? '' : 'ao status would not have waited');
}
process.exit(failed ? 1 : 0);
