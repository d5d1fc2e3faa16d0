// The bare repositories below a fake: what a forge derives from commits is derived from commits.
// Every push tells the server, over its own socket, whichever way it came (HTTP, ssh, a path).
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';

const WHO = { NAME: 'fake', EMAIL: 'fake@example.invalid' };
const AS_FAKE = Object.fromEntries(
	['AUTHOR', 'COMMITTER'].flatMap((role) => Object.entries(WHO).map(([k, v]) => [`GIT_${role}_${k}`, v])),
);

export function git(dir, args, more = {}) {
	const { env, ...rest } = more;
	return execFileSync('git', ['-C', dir, ...args], {
		encoding: 'utf8', stdio: ['pipe', 'pipe', 'pipe'], maxBuffer: 1 << 26,
		env: { ...process.env, ...AS_FAKE, ...env }, ...rest,
	}).trim();
}
const asks = (dir, ...args) => spawnSync('git', ['-C', dir, ...args], { encoding: 'utf8' });

// Forty digits that name something, as git's own do.
export const name = (text) => createHash('sha1').update(text).digest('hex');

export function create(dir, { branch, socket, repo }) {
	fs.mkdirSync(path.dirname(dir), { recursive: true });
	execFileSync('git', ['init', '-q', '--bare', '-b', branch, dir]);
	git(dir, ['config', 'http.receivepack', 'true']);
	hook(dir, 'pre-receive', '[ ! -e archived ] || {\n\techo "This repository was archived so it is read-only." >&2\n\texit 1\n}');
	hook(dir, 'post-receive', `exec curl -sS -o /dev/null --unix-socket '${socket}' -d '{"op":"pushed","id":${repo}}' http://fake/_fake/apply`);
}
function hook(dir, name, body) {
	fs.writeFileSync(path.join(dir, 'hooks', name), `#!/bin/sh\n${body}\n`, { mode: 0o755 });
}

export const copy = (from, to) => git(to, ['fetch', '-q', from, 'refs/heads/*:refs/heads/*']);

export function heads(dir) {
	const out = git(dir, ['for-each-ref', '--format=%(objectname) %(refname:lstrip=2)', 'refs/heads']);
	return new Map(out.split('\n').filter(Boolean).map((l) => [l.slice(41), l.slice(0, 40)]));
}

// A commit on `branch` without a clone: files is {path: content}, a null content deletes.
export function commit(dir, { branch, from, files, message }) {
	const index = { env: { GIT_INDEX_FILE: path.join(dir, `index.${process.pid}`) } };
	const parent = heads(dir).get(branch) ?? heads(dir).get(from);
	git(dir, parent ? ['read-tree', parent] : ['read-tree', '--empty'], index);
	for (const [name, content] of Object.entries(files)) {
		const args = content === null ? ['--force-remove', name]
			: ['--add', '--cacheinfo', `100644,${git(dir, ['hash-object', '-w', '--stdin'], { input: content })},${name}`];
		git(dir, ['update-index', ...args], index);
	}
	const tree = git(dir, ['write-tree'], index);
	fs.rmSync(index.env.GIT_INDEX_FILE, { force: true });
	const oid = git(dir, ['commit-tree', tree, ...(parent ? ['-p', parent] : []), '-m', message]);
	git(dir, ['update-ref', `refs/heads/${branch}`, oid]);
	return oid;
}

// What a merge of head into base would be: sizes, commits, a conflict, the tree.
export function compare(dir, base, head) {
	const out = { additions: 0, deletions: 0, changedFiles: 0, behind: false, commits: [], conflict: false, tree: null };
	for (const line of git(dir, ['diff', '--numstat', `${base}...${head}`]).split('\n').filter(Boolean)) {
		const [added, removed] = line.split('\t');
		out.additions += +added || 0;
		out.deletions += +removed || 0;
		out.changedFiles++;
	}
	out.behind = +git(dir, ['rev-list', '--count', `${head}..${base}`]) > 0;
	out.commits = git(dir, ['rev-list', '--reverse', `${base}..${head}`]).split('\n').filter(Boolean);
	const merged = asks(dir, 'merge-tree', '--write-tree', base, head);
	out.conflict = merged.status === 1;
	if (merged.status === 0) out.tree = merged.stdout.split('\n')[0];
	return out;
}
export const contains = (dir, tip, oid) => asks(dir, 'merge-base', '--is-ancestor', oid, tip).status === 0;

export function merge(dir, { method, base, branch, head, tree, message }) {
	if (method === 'FORWARD') {
		git(dir, ['update-ref', `refs/heads/${branch}`, head, base]);
		return head;
	}
	const parents = method === 'MERGE' ? ['-p', base, '-p', head] : ['-p', base];
	const oid = git(dir, ['commit-tree', tree, ...parents, '-m', message]);
	git(dir, ['update-ref', `refs/heads/${branch}`, oid, base]);
	return oid;
}

// git's smart HTTP, by git itself.
export function http(root, request, reply) {
	const { url, headers, method, body } = request;
	const child = spawn('git', ['http-backend'], {
		stdio: ['pipe', 'pipe', 'inherit'],
		env: {
			...process.env, GIT_PROJECT_ROOT: root, GIT_HTTP_EXPORT_ALL: '1', PATH_INFO: url.pathname,
			QUERY_STRING: url.search.slice(1), REQUEST_METHOD: method, REMOTE_USER: 'fake',
			REMOTE_ADDR: '127.0.0.1', CONTENT_TYPE: headers['content-type'] || '',
			GIT_PROTOCOL: headers['git-protocol'] || '', CONTENT_LENGTH: String(body.length),
			HTTP_CONTENT_ENCODING: headers['content-encoding'] || '',
		},
	});
	const out = [];
	child.stdin.on('error', () => {});
	child.stdin.end(body);
	child.stdout.on('data', (data) => out.push(data));
	child.on('close', () => {
		const all = Buffer.concat(out), end = all.indexOf('\r\n\r\n'), head = {};
		for (const line of all.subarray(0, end).toString().split('\r\n')) {
			const [name, value] = line.split(/:\s*/, 2);
			head[name.toLowerCase()] = value;
		}
		const status = head.status ? +head.status.split(' ')[0] : 200;
		delete head.status;
		reply.raw.writeHead(status, head);
		reply.raw.end(all.subarray(end + 4));
	});
}
