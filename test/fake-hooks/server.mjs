// What hears notices, for tests: Slack's and Discord's webhooks, ntfy and a server that knows a secret.
// It listens on loopback and ends with the process that started it.
//
//   node server.mjs DIR
//
// DIR gets `ready` (the port) and `log`, a JSON line for each notice that was taken or refused: path,
// status, headers, body. Paths: /slack, /discord, / (ntfy), /signed (the secret is "a secret"), and of
// any of them with ?slow (never answered), ?fail (500) and ?lost (taken, and then the connection breaks).
//
// Proves the shape: each refuses what the service's documentation says that it refuses. Cannot prove
// that the service shows it well.
import crypto from 'node:crypto';
import fs from 'node:fs';
import http from 'node:http';

const dir = process.argv[2];
const chars = (s) => [...s].length;
const is = (...tests) => tests.every(Boolean);

// https://api.slack.com/reference/block-kit/blocks: at most 50 blocks, 3,000 characters of text in each
function slack(body) {
	const texts = (body.blocks ?? []).flatMap((b) => (b.type === 'section' ? [b.text] : b.elements));
	if (!body.text && !texts.length) return [400, 'no_text'];
	for (const t of texts)
		if (!is(t?.type === 'mrkdwn', chars(t?.text ?? '') >= 1, chars(t?.text ?? '') <= 3000))
			return [400, 'invalid_blocks'];
	return [200, 'ok'];
}

// https://discord.com/developers/docs/resources/message#embed-object-embed-limits
function discord(body) {
	const e = body.embeds?.[0];
	const good = is(e, body.embeds.length <= 10, chars(e?.title ?? '') <= 256, chars(e?.description ?? '') <= 4096,
		chars(e?.footer?.text ?? '') <= 2048, Number.isInteger(e?.color), !Number.isNaN(Date.parse(e?.timestamp)));
	return good ? [204, ''] : [400, '{"code": 50035, "message": "Invalid Form Body"}'];
}

// https://docs.ntfy.sh/publish/#publish-as-json
function ntfy(body) {
	const good = is(/^[-_A-Za-z0-9]{1,64}$/.test(body.topic), [1, 2, 3, 4, 5].includes(body.priority),
		typeof body.message === 'string', Buffer.byteLength(body.message ?? '') <= 4096,
		Array.isArray(body.tags));
	return good ? [200, '{"id":"x","event":"message"}'] : [400, '{"code":40001,"http":400,"error":"invalid request"}'];
}

function signed(body, headers, text) {
	const want = 'sha256=' + crypto.createHmac('sha256', 'a secret').update(text).digest('hex');
	const got = headers['x-hub-signature-256'] ?? '';
	const good = got.length === want.length && crypto.timingSafeEqual(Buffer.from(got), Buffer.from(want));
	return good ? [202, ''] : [401, 'bad signature'];
}

const places = { '/slack': slack, '/discord': discord, '/': ntfy, '/signed': signed };

function take(request, response, text) {
	const url = new URL(request.url, 'http://here');
	const place = places[url.pathname];
	let body = null;
	try {
		body = JSON.parse(text);
	} catch {}
	let [status, words] = !place ? [404, 'no such place'] : !body ? [400, 'invalid_payload'] : place(body, request.headers, text);
	if (url.searchParams.has('fail')) [status, words] = [500, 'trouble'];
	if (url.searchParams.has('slow')) status = 0;
	fs.appendFileSync(`${dir}/log`,
		JSON.stringify({ path: request.url, status, headers: request.headers, body }) + '\n');
	if (url.searchParams.has('slow')) return;
	if (url.searchParams.has('lost')) return request.socket.destroy();
	response.writeHead(status).end(words);
}

const server = http.createServer((request, response) => {
	const parts = [];
	request.on('data', (part) => parts.push(part));
	request.on('end', () => take(request, response, Buffer.concat(parts).toString()));
});
server.listen(0, '127.0.0.1', () => {
	fs.writeFileSync(`${dir}/ready.new`, String(server.address().port));
	fs.renameSync(`${dir}/ready.new`, `${dir}/ready`);
});
const parent = process.ppid;
setInterval(() => process.ppid === parent || process.exit(), 500).unref();
