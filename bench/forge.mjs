// A forge that costs nothing: answers each question for pull requests with canned ones after DELAY ms.
//   node forge.mjs SOCKET DELAY BODIES    the bodies of what was asked go to the folder BODIES
import fs from 'node:fs';
import http from 'node:http';

const [socket, delay, bodies] = process.argv.slice(2);
const pull = (number) => ({
	id: `PR_${number}`, number, url: `https://github.com/acme/app/pull/${number}`, title: `Pull request ${number}`,
	state: 'OPEN', isDraft: false, mergeable: 'MERGEABLE', mergeStateStatus: 'CLEAN', reviewDecision: null,
	headRefName: `b${number}`, headRefOid: '0'.repeat(40), headRepositoryOwner: { login: 'acme' }, baseRefName: 'main',
	createdAt: '2026-11-22T07:17:56Z', closedAt: null, mergeCommit: null, author: { login: 'ann' },
	reviewRequests: { totalCount: 0 }, latestOpinionatedReviews: { nodes: [] }, reviewThreads: { totalCount: 0, nodes: [] },
	commits: { nodes: [{ commit: { statusCheckRollup: { state: 'SUCCESS', contexts: {
		totalCount: 3, checkRunCountsByState: [{ state: 'SUCCESS', count: 3 }], statusContextCountsByState: [] } } } }] },
});
http.createServer((request, reply) => {
	const parts = [];
	request.on('data', (part) => parts.push(part)).on('end', () => {
		const text = Buffer.concat(parts).toString(), { query, variables } = JSON.parse(text);
		const r0 = { nameWithOwner: 'acme/app', defaultBranchRef: { name: 'main' } };
		for (const [, i] of query.matchAll(/p(\d+): pullRequest\(/g)) r0[`p${i}`] = pull(variables[`number${i}`]);
		const data = { rateLimit: { limit: 5000, remaining: 4999, resetAt: '2026-11-22T08:17:56Z' }, r0 };
		fs.writeFileSync(`${bodies}/${variables.number0}`, text);
		setTimeout(() => reply.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ data })), +delay);
	});
}).listen(socket);
