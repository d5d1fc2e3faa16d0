// A stateful stand-in for GitHub: GraphQL judged by GitHub's published schema, the REST routes an
// orchestrator asks, and git over real bare repositories (DIR/repos/OWNER/NAME.git). Its doors,
// faults and log are those of ../fake/door.mjs; causes.mjs lists what a test can let happen.
//
// Doors: DIR/socket (gh: `gh config set http_unix_socket`), http_proxy=http://127.0.0.1:PORT with
// GH_HOST=github.localhost, and as an Enterprise server over TLS (/api/v3, /api/graphql). Any token
// is good that has neither `bad` nor `expired` in it.
//
// Faults beyond the shared ones: unauthorized, primary {reset: seconds}, secondary {retryAfter,
// status}, timeout (of a query), null {alias} (that field lost beside good data).
//
// Proves that a client asks only what GitHub publishes, stays below its documented limits and lives
// through its known failures; heads, conflicts, sizes and merges are git's own. Cannot prove what
// docs/forges.md lists.
import { createHash } from 'node:crypto';
import { open, options } from '../fake/door.mjs';
import { makeCauses } from './causes.mjs';
import { http } from '../fake/git.mjs';
import { lose, makeGraphql } from './graphql.mjs';
import { makeLimits } from './limits.mjs';
import { Model } from './model.mjs';
import { makeRest } from './rest.mjs';

const opt = options();
const config = { limit: { core: 5000, graphql: 5000 }, perMinute: { core: 900, graphql: 2000 } };
const model = new Model({ dir: opt.dir });
const graphql = makeGraphql(model), rest = makeRest(model), limits = makeLimits(model, config);
const DOCS = 'https://docs.github.com/rest';
const SECONDARY = { message: 'You have exceeded a secondary rate limit. Please wait a few minutes before you try again.', documentation_url: `${DOCS}/using-the-rest-api/rate-limits-for-the-rest-api#about-secondary-rate-limits` };
const UNAUTHORIZED = { message: 'Bad credentials', documentation_url: DOCS, status: '401' };
const TIMEOUT = 'Something went wrong while executing your query. This may be the result of a timeout, or it could be a GitHub bug. Please include `FA4E:1` when reporting this issue.';
const RESOURCE = { graphql: 'graphql', rest: 'core' };
let inFlight = 0, peak = 0;

const token = (request) => (request.headers.authorization ?? '').replace(/^(token|bearer)\s+/i, '');
const bucket = (request) => limits.bucket(token(request), RESOURCE[request.kind]);

// Where this client believes GitHub to be: links in answers must lead it back through its own door.
function places(request) {
	const { origin, url } = request, prefix = url.pathname.startsWith('/api/') ? '/api/v3' : '';
	const proxied = request.raw.url.startsWith('http'); // who comes so believes in github.localhost
	const pages = proxied ? origin.replace('//api.', '//') : 'https://github.com';
	const elsewhere = url.hostname === '127.0.0.1' ? 'localhost' : '127.0.0.1';
	return {
		api: origin + prefix, web: prefix ? origin : pages, logs: `http://${elsewhere}:${ports.port}`,
		limit(cost) {
			const { limit, used, remaining, reset } = limits.view(bucket(request));
			const resetAt = new Date(reset * 1000).toISOString().replace('.000', '');
			return { limit, used: used + cost, remaining: Math.max(0, remaining - cost), resetAt };
		},
		limits() {
			const [core, graphql] = ['core', 'graphql'].map((r) => limits.view(limits.bucket(token(request), r)));
			return { resources: { core, graphql }, rate: core };
		},
	};
}
function exhausted(request, reply, reset) {
	const b = bucket(request), message = 'API rate limit exceeded for user ID 1.';
	const headers = { ...limits.headers(b), 'x-ratelimit-remaining': 0, ...(reset ? { 'x-ratelimit-reset': reset } : {}) };
	if (request.kind === 'graphql') reply.send(200, { errors: [{ type: 'RATE_LIMIT', code: 'graphql_rate_limit', message }] }, headers);
	else reply.send(403, { message, documentation_url: `${DOCS}/rate-limit`, status: '403' }, headers);
	return true;
}
const faults = {
	async unauthorized(reply) {
		reply.send(401, UNAUTHORIZED);
		return true;
	},
	primary: async (reply, fault, request) =>
		exhausted(request, reply, model.seconds() + (fault.reset ?? 60)),
	async secondary(reply, fault) {
		const wait = fault.retryAfter === null ? {} : { 'retry-after': fault.retryAfter ?? 60 };
		reply.send(fault.status ?? 403, SECONDARY, wait);
		return true;
	},
	async timeout(reply) {
		reply.send(200, { data: null, errors: [{ message: TIMEOUT }] });
		return true;
	},
	async null() {}, // done to the answer
};

async function onGraphql(request, reply, fault) {
	const b = bucket(request);
	if (request.method !== 'POST' || typeof request.json.query !== 'string')
		return reply.send(400, { message: 'A query attribute must be specified and must be a string.', documentation_url: 'https://docs.github.com/graphql' });
	const { body, cost, nodes, invalid, lax } = await graphql.run(request.json, request.ctx);
	b.used += cost;
	if (fault?.kind === 'null') lose(body, fault.alias);
	Object.assign(reply.record, { cost, nodes, invalid, lax: lax || undefined, errors: body.errors?.length, query: request.json.query });
	reply.send(200, body, limits.headers(b));
}
function onRest(request, reply) {
	const b = bucket(request);
	const asked = { ...request, method: request.method === 'HEAD' ? 'GET' : request.method };
	const { status, body, headers = {}, free } = rest.answer(asked);
	if (asked.method === 'GET' && status === 200) {
		headers.etag = `W/"${createHash('sha256').update(JSON.stringify(body)).digest('hex')}"`;
		const known = (request.headers['if-none-match'] ?? '').split(/,\s*/);
		if (known.some((tag) => tag.replace(/^W\//, '') === headers.etag.slice(2)))
			return reply.send(304, undefined, { ...headers, ...limits.headers(b) }); // free of charge
	}
	if (!free) b.used++;
	reply.send(status, body, { ...headers, ...limits.headers(b) });
}
// The store of logs is another host's: it refuses who shows it GitHub's token.
function onLog(request, reply) {
	const text = rest.log(request.url.pathname.split('/')[2]);
	if (request.headers.authorization) return reply.send(401, { message: 'the token was sent to another host' });
	if (text === null || request.url.searchParams.get('sig') !== 'once') return reply.send(404, 'gone');
	reply.send(200, text, { 'content-type': 'text/plain' });
}
async function answer(request, reply, fault) {
	const { url, method, kind } = request;
	if (kind === 'git') return http(`${opt.dir}/repos`, request, reply);
	if (kind === 'log') return onLog(request, reply);
	if (!token(request) || /bad|expired/.test(token(request))) return reply.send(401, UNAUTHORIZED);
	try {
		request.json = request.text ? JSON.parse(request.text) : {};
	} catch {
		return reply.send(400, { message: 'Problems parsing JSON', documentation_url: DOCS, status: '400' });
	}
	request.path = url.pathname.replace(/^\/api\/v3/, '');
	request.ctx = places(request);
	const changes = kind === 'graphql' ? /^\s*mutation\b/m.test(request.json.query ?? '') : !['GET', 'HEAD'].includes(method);
	if (limits.tooFast(token(request), RESOURCE[kind], changes ? 5 : 1) || inFlight >= 100)
		return reply.send(403, SECONDARY, { 'retry-after': 60 });
	if (limits.exhausted(bucket(request)) && request.path !== '/rate_limit') return exhausted(request, reply);
	return kind === 'graphql' ? onGraphql(request, reply, fault) : onRest(request, reply);
}

const ports = await open(opt, {
	faults,
	kind({ url }) {
		if (/^\/[^/]+\/[^/]+\.git\//.test(url.pathname)) return 'git';
		if (url.pathname.startsWith('/_logs/')) return 'log';
		return /^(\/api)?\/graphql$/.test(url.pathname) ? 'graphql' : 'rest';
	},
	async answer(...all) {
		peak = Math.max(peak, ++inFlight);
		try {
			await answer(...all);
		} finally {
			inFlight--;
		}
	},
	apply: makeCauses(model),
	configure(set) {
		for (const [key, value] of Object.entries(set)) Object.assign(config[key], value);
		limits.forget();
		return config;
	},
	summary: (log) => ({
		points: log.reduce((sum, r) => sum + (r.cost ?? 0), 0),
		invalid: log.filter((r) => r.invalid).length, lax: log.filter((r) => r.lax).length,
		unmodelled: Object.fromEntries(graphql.unmodelled), peak,
	}),
});
