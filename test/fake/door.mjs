// What all fake forges share: their doors, the faults a test asks for, the log of requests and the
// control door. A fake listens on loopback and on a unix socket and nowhere else, and it ends with
// the process that started it.
//
//   node server.mjs --dir DIR [--cert FILE --key FILE]
//
// DIR gets `socket` (plain HTTP), `ready` (JSON: port and tlsPort on 127.0.0.1) and what the fake
// keeps. A proxy's absolute URLs are understood, so http_proxy=http://127.0.0.1:PORT is a door too.
//
// The control door, on the same ports:
//   POST   /_fake/apply    a cause or a list of them (verbs of the fake); answers what became of it
//   POST   /_fake/faults   a fault or a list: {kind, on, method, path, query, skip, times, …};
//                          on: a kind of request the fake names; path and query: expressions that
//                          the path and the body must match; skip: let so many pass first; times: 1
//   DELETE /_fake/faults   no more faults
//   POST   /_fake/config   settings of the fake, merged
//   GET    /_fake/log      every request: kind, method, path, status, fault, and what the fake adds
//   DELETE /_fake/log      forgets them
//   GET    /_fake/summary  sums over the log, and what the fake says of itself
//
// Proves that a client lives through what the faults do to it. Cannot prove how often a real forge
// does so, nor its words: they are from public reports, and no client may depend on them.
import fs from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';

const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

export function options() {
	const out = {};
	for (let i = 2; i < process.argv.length; i += 2)
		out[process.argv[i].replace(/^--/, '')] = process.argv[i + 1];
	if (!out.dir) throw new Error('usage: server.mjs --dir DIR [--cert FILE --key FILE]');
	fs.mkdirSync(out.dir, { recursive: true });
	return out;
}

// Faults that need nothing of the forge. Each gets the reply and its own description; one that
// returns true has answered.
const FAULTS = {
	async slow(reply, fault) {
		await sleep(fault.delayMs ?? 1000);
	},
	async drop(reply) {
		reply.record.status = 0;
		reply.socket.destroy();
		return true;
	},
	async truncate(reply) {
		reply.record.status = 200;
		reply.raw.writeHead(200, { 'content-type': 'application/json', 'content-length': 5000 });
		reply.raw.write('{"data":{"repos');
		await sleep(20);
		reply.socket.destroy();
		return true;
	},
	async status(reply, fault) {
		const html = fault.status >= 500 && fault.body === undefined;
		const body = html ? '<html><h1>Bad Gateway</h1></html>' : (fault.body ?? { message: 'fault' });
		reply.send(fault.status, fault.status === 304 ? undefined : body, {
			...(html ? { 'content-type': 'text/html' } : {}),
			...fault.headers,
		});
		return true;
	},
};

function makeFaults() {
	let list = [];
	const fits = (fault, request) =>
		(!fault.on || fault.on === request.kind) &&
		(!fault.method || fault.method === request.method) &&
		(!fault.path || new RegExp(fault.path).test(request.url.pathname + request.url.search)) &&
		(!fault.query || new RegExp(fault.query).test(request.text));
	return {
		add: (faults, kinds) => {
			for (const fault of [faults].flat()) {
				if (!kinds.includes(fault.kind)) throw new Error(`no fault '${fault.kind}'`);
				list.push({ times: 1, skip: 0, ...fault });
			}
			return list;
		},
		clear: () => (list = []),
		take(request) {
			const fault = list.find((f) => fits(f, request));
			if (!fault) return null;
			if (fault.skip > 0) {
				fault.skip--;
				return null;
			}
			if (--fault.times <= 0) list = list.filter((f) => f !== fault);
			return fault;
		},
	};
}

// One request as the fakes see it: `origin` is where the client believes it is.
async function read(raw, tls) {
	const chunks = [];
	for await (const chunk of raw) chunks.push(chunk);
	let body = Buffer.concat(chunks);
	const host = raw.headers.host || 'localhost';
	const url = new URL(raw.url, `${tls ? 'https' : 'http'}://${host}`);
	const plain = raw.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body;
	return {
		raw, url, body, text: plain.toString(), method: raw.method, headers: raw.headers,
		origin: url.origin, socket: raw.socket,
	};
}

function reply(request, raw, record) {
	const begun = performance.now();
	return {
		raw, record, socket: request.socket,
		send(status, body, headers = {}) {
			const text = body === undefined ? '' : typeof body === 'string' ? body : JSON.stringify(body);
			Object.assign(record, { status, bytes: text.length, ms: Math.round(performance.now() - begun) });
			raw.writeHead(status, {
				'content-type': 'application/json; charset=utf-8',
				...headers,
				...(status === 304 || status === 204 ? {} : { 'content-length': Buffer.byteLength(text) }),
			});
			raw.end(request.method === 'HEAD' ? '' : text);
		},
	};
}

// A fake is {kind(request), answer(request, reply, fault), apply(cause), configure(settings),
// faults: {kind: …}, summary(log)}. Answers the ports, as in `ready`.
export async function open(opt, fake) {
	const faults = makeFaults();
	let log = [];

	const control = {
		'POST apply': (body) => [body].flat().map((cause) => fake.apply(cause)),
		'POST faults': (body) =>
			faults.add(body, [...Object.keys(FAULTS), ...Object.keys(fake.faults || {})]),
		'DELETE faults': () => faults.clear(),
		'POST config': (body) => fake.configure(body),
		'GET log': () => log,
		'DELETE log': () => (log = []),
		'GET summary': () => ({
			requests: log.length,
			notModified: log.filter((r) => r.status === 304).length,
			faulted: log.filter((r) => r.fault).length,
			bytes: log.reduce((sum, r) => sum + (r.bytes || 0), 0),
			...fake.summary(log),
		}),
	};
	function onControl(request, raw) {
		const verb = control[`${request.method} ${request.url.pathname.slice('/_fake/'.length)}`];
		let status = 200, body;
		try {
			if (!verb) throw new Error('no such control');
			body = verb(request.text ? JSON.parse(request.text) : null);
		} catch (error) {
			[status, body] = [400, { error: error.message }];
		}
		raw.writeHead(status, { 'content-type': 'application/json' });
		raw.end(JSON.stringify(body) + '\n');
	}
	async function handle(rawRequest, rawReply, tls) {
		const request = await read(rawRequest, tls);
		if (request.url.pathname.startsWith('/_fake/')) return onControl(request, rawReply);
		request.kind = fake.kind(request);
		const record = {
			kind: request.kind, method: request.method, path: request.url.pathname + request.url.search,
			agent: request.headers['user-agent'],
		};
		const answer = reply(request, rawReply, record);
		log.push(record);
		const fault = faults.take(request);
		if (fault) {
			record.fault = fault.kind;
			if (await (FAULTS[fault.kind] || fake.faults[fault.kind])(answer, fault, request)) return;
		}
		return fake.answer(request, answer, fault);
	}
	const on = (tls) => (rawRequest, rawReply) =>
		handle(rawRequest, rawReply, tls).catch((error) => {
			console.error(error);
			if (!rawReply.headersSent) rawReply.writeHead(500);
			rawReply.end(JSON.stringify({ message: `the fake is broken: ${error.message}` }));
		});
	const listen = (server, ...where) =>
		new Promise((done) => server.listen(...where, () => done(server.address().port)));

	const socket = path.join(opt.dir, 'socket');
	fs.rmSync(socket, { force: true });
	await listen(http.createServer(on(false)), socket);
	const ready = { port: await listen(http.createServer(on(false)), 0, '127.0.0.1') };
	if (opt.cert) {
		const keys = { cert: fs.readFileSync(opt.cert), key: fs.readFileSync(opt.key) };
		ready.tlsPort = await listen(https.createServer(keys, on(true)), 0, '127.0.0.1');
	}
	fs.writeFileSync(path.join(opt.dir, 'ready.tmp'), JSON.stringify(ready) + '\n');
	fs.renameSync(path.join(opt.dir, 'ready.tmp'), path.join(opt.dir, 'ready'));
	// a test that was killed cannot stop us
	const parent = process.ppid;
	setInterval(() => process.ppid !== parent && process.exit(1), 1000).unref();
	for (const signal of ['SIGTERM', 'SIGINT']) process.on(signal, () => process.exit(0));
	return ready;
}
