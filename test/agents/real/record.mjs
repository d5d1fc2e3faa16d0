// The two sides of record.bash.
//
//   node record.mjs follow CONVERSATIONS OUT   what a session's transcripts get, line by line as it comes: {at, line};
//                                              {at, file} where another begins
//   node record.mjs clean STREAM OUT SCREENS   without what is of this machine: ids are counted, long texts cut
import { appendFileSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';

const now = () => Date.now();
const text = file => {
	try {
		return readFileSync(file);
	} catch {
		return Buffer.alloc(0);
	}
};

// Where it is: as the agent told, else by its id.
function where(conversations) {
	const [, id, ...path] = text(conversations).toString().trim().split('\n').at(-1).split(' ');
	if (path.join(' ') || !id)
		return path.join(' ');
	const found = readdirSync(homedir(), { recursive: true }).find(f => f.includes(id) && f.endsWith('.jsonl'));
	return found ? `${homedir()}/${found}` : '';
}

function follow(conversations, out) {
	const note = event => appendFileSync(out, JSON.stringify({ at: now(), ...event }) + '\n');
	let path = '', from = 0, told = '', looked = 0;
	setInterval(() => {
		const size = text(conversations).length;
		if (size !== looked || !told) {
			told = where(conversations);
			looked = size;
		}
		if (told && told !== path) {
			note({ file: told });
			path = told;
			from = 0;
		}
		const all = path ? text(path) : '', end = all.lastIndexOf('\n') + 1;
		if (end <= from)
			return;
		for (const line of all.subarray(from, end - 1).toString().split('\n'))
			note({ line });
		from = end;
	}, 20);
}

const LONG = 600;
const short = value => typeof value === 'string' && value.length > LONG ? value.slice(0, LONG) + '…'
	: Array.isArray(value) ? value.map(short)
		: value && typeof value === 'object' ? Object.fromEntries(Object.entries(value).map(([k, v]) => [k, short(v)])) : value;

function shortened(line) {
	const event = JSON.parse(line);
	if (event.in)
		event.in = short(event.in);
	if (event.line)
		try {
			event.line = JSON.stringify(short(JSON.parse(event.line)));
		} catch { /* no JSON stays as it is */ }
	return JSON.stringify(event);
}

function clean(stream, out, screens) {
	const ids = new Map();
	const id = found => {
		if (!ids.has(found))
			ids.set(found, `22222222-2222-4333-8444-${String(ids.size + 1).padStart(12, '0')}`);
		return ids.get(found);
	};
	const box = stream.replace(/\/stream$/, '');
	const without = s => s.replaceAll(box, '/usr/share/ao').replace(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, id)
		.replace(/\/\S*?\/build\/agents\/node_modules/g, '/usr/lib/node_modules').replace(/\/tmp\/aob\.\w+/g, '/tmp/box');
	writeFileSync(out, text(stream).toString().split('\n').filter(Boolean).map(shortened).map(without).join('\n') + '\n');
	for (const name of readdirSync(screens))
		writeFileSync(`${screens}/${name}`, without(text(`${screens}/${name}`).toString()));
}

const [what, ...rest] = process.argv.slice(2);
({ follow, clean })[what](...rest);
