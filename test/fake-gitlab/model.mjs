// GitLab in memory: projects in nested groups, merge requests, pipelines with jobs, approvals,
// discussions, issues, over real bare repositories. Tests set causes; the states of pipelines and
// of merging are computed on each reading.
import fs from 'node:fs';
import path from 'node:path';
import * as git from '../fake/git.mjs';

const RUNNING = ['created', 'waiting_for_resource', 'preparing', 'pending', 'running'];

export class Refusal extends Error {
	constructor(status, message) {
		super(message);
		this.status = status;
	}
}

export class Model {
	constructor({ dir, viewer = 'ann' }) {
		Object.assign(this, { dir, seq: 100, users: new Map(), projects: new Map(), moved: new Map() });
		this.viewer = this.user(viewer);
	}
	now() { return new Date().toISOString(); }
	next() { return ++this.seq; }
	user(username) {
		if (!this.users.has(username)) this.users.set(username, { id: this.next(), username, name: username });
		return this.users.get(username);
	}

	// Projects, by path or number

	project(key, follow = true) {
		const id = /^\d+$/.test(key) ? +key : null, name = String(key).toLowerCase();
		if (id) return [...this.projects.values()].find((p) => p.id === id);
		return this.projects.get(name) ?? (follow ? this.moved.get(name) : undefined);
	}
	must(key) {
		const project = this.project(key);
		if (!project) throw new Error(`no project ${key}`);
		return project;
	}
	gitDir(name) { return path.join(this.dir, 'repos', `${name}.git`); }
	addProject(name, set = {}) {
		const project = {
			id: this.next(), path: name, defaultBranch: 'main', archived: false, createdAt: this.now(),
			approvalsRequired: 0, free: false, // GitLab's free tier knows approvals, but no rule for them
			pipelineMustSucceed: false, discussionsMustResolve: false, squash: 'default_off', mergeMethod: 'merge',
			jobs: [], // what a push starts: [{name: 'build', stage: 'test'}]
			members: ['ann'], // who may write
			checkingReads: 0, // how often detailed_merge_status is `checking` after a push
			mrs: new Map(), issues: new Map(), refs: new Map(), pipelines: [], ...set,
			fork: set.fork ? this.must(set.fork) : null, dir: this.gitDir(name),
		};
		git.create(project.dir, {
			branch: project.defaultBranch, repo: project.id, socket: path.join(this.dir, 'socket'),
		});
		this.projects.set(name.toLowerCase(), project);
		if (project.fork) git.copy(project.fork.dir, project.dir);
		this.pushed(project);
		return project;
	}
	rename(project, to) {
		const dir = this.gitDir(to), old = project.path.toLowerCase();
		fs.mkdirSync(path.dirname(dir), { recursive: true });
		fs.renameSync(project.dir, dir);
		fs.symlinkSync(dir, project.dir);
		Object.assign(project, { path: to, dir });
		this.projects.delete(old);
		this.moved.set(old, project);
		this.projects.set(to.toLowerCase(), project);
	}
	archive(project, archived = true) {
		project.archived = archived;
		const mark = path.join(project.dir, 'archived');
		if (archived) fs.writeFileSync(mark, '');
		else fs.rmSync(mark, { force: true });
	}
	writable(project) {
		if (project.archived) throw new Refusal(403, '403 Forbidden');
	}

	// Pushes

	openMrs() {
		return [...this.projects.values()].flatMap((p) => [...p.mrs.values()]).filter((m) => m.state === 'opened');
	}
	pushed(project) {
		const before = project.refs;
		project.refs = git.heads(project.dir);
		for (const [name, sha] of project.refs) {
			if (before.get(name) === sha) continue;
			for (const mr of this.openMrs()) {
				if (mr.source === project && mr.sourceBranch === name) this.setHead(mr, sha, before.has(name));
				if (mr.project !== project || mr.targetBranch !== name) continue;
				mr.checkingLeft = project.checkingReads;
				if (git.contains(project.dir, sha, mr.sha)) this.merged(mr, { merge: sha });
			}
		}
	}
	setHead(mr, sha, again) {
		const { project, source } = mr;
		if (source !== project) git.git(project.dir, ['fetch', '-q', source.dir, sha]);
		git.git(project.dir, ['update-ref', `refs/merge-requests/${mr.iid}/head`, sha]);
		Object.assign(mr, { sha, checkingLeft: project.checkingReads });
		if (project.jobs.length) this.pipeline(mr, { jobs: project.jobs });
		if (again) this.note(mr, { author: 'ann', body: `added 1 commit\n\n* ${sha.slice(0, 8)} - change`, system: true });
		this.touch(mr);
	}
	deleteBranch(project, name) {
		if (!project.refs.has(name)) throw new Refusal(404, '404 Branch Not Found');
		git.git(project.dir, ['update-ref', '-d', `refs/heads/${name}`]);
		this.pushed(project);
	}
	touch(thing) { thing.updatedAt = this.now(); }

	// Merge requests and issues

	item(kind, project, { title, description = null, author = this.viewer.username, labels = [], assignees = [] }) {
		this.writable(project);
		const list = kind === 'Issue' ? project.issues : project.mrs, now = this.now();
		const made = {
			kind, id: this.next(), iid: list.size + 1, project, title, description, author: this.user(author),
			labels, assignees: assignees.map((a) => this.user(a)), state: 'opened', createdAt: now, updatedAt: now,
			closedAt: null, closedBy: null, discussions: [],
		};
		list.set(made.iid, made);
		return made;
	}
	addIssue(project, set) { return this.item('Issue', project, set); }
	addMr(project, { source, branch, target = project.defaultBranch, draft = false, title, ...set }) {
		const from = source ?? project;
		if (!from.refs.has(branch)) throw new Refusal(400, 'source_branch does not exist');
		if (this.openMrs().some((m) => m.source === from && m.sourceBranch === branch && m.targetBranch === target))
			throw new Refusal(409, 'Another open merge request already exists for this source branch');
		const mr = Object.assign(this.item('MergeRequest', project, { ...set, title: draft ? `Draft: ${title}` : title }), {
			source: from, sourceBranch: branch, targetBranch: target, approvals: [], reviewers: new Map(),
			mergedAt: null, mergedBy: null, mergeSha: null, squashSha: null, last: null, removeSource: false,
		});
		this.setHead(mr, from.refs.get(branch), false);
		return mr;
	}
	setState(thing, state) {
		this.writable(thing.project);
		const closed = state === 'closed';
		Object.assign(thing, { state, closedAt: closed ? this.now() : null, closedBy: closed ? this.viewer : null });
		this.touch(thing);
	}
	// a discussion's notes can be resolved where it stands on a line or was begun as one
	discussion(on, { author = 'reviewer', body, file, line, resolvable = true }) {
		this.writable(on.project);
		const discussion = { id: git.name(`${this.next()}`), on, notes: [], single: false };
		on.discussions.push(discussion);
		this.reply(discussion, { author, body, file, line, resolvable });
		return discussion;
	}
	note(on, { author = this.viewer.username, body, system = false }) {
		const discussion = { id: git.name(`${this.next()}`), on, notes: [], single: true };
		on.discussions.push(discussion);
		return this.reply(discussion, { author, body, system, resolvable: false });
	}
	reply(discussion, { author, body, file, line, system = false, resolvable = discussion.notes[0]?.resolvable }) {
		const { on } = discussion, now = this.now();
		const note = {
			id: this.next(), body, author: this.user(author), system, resolvable, resolved: false, on,
			type: discussion.single ? null : file ? 'DiffNote' : 'DiscussionNote', createdAt: now, updatedAt: now,
			position: file ? { file, line, head: on.sha, base: this.diff(on).base } : null,
		};
		discussion.notes.push(note);
		this.touch(on);
		return note;
	}
	resolve(discussion, resolved = true) {
		if (!discussion.notes[0].resolvable) throw new Refusal(403, '403 Forbidden');
		for (const note of discussion.notes)
			Object.assign(note, { resolved, resolvedBy: resolved ? this.viewer : null, resolvedAt: resolved ? this.now() : null });
		this.touch(discussion.on);
	}
	approve(mr, author) {
		const user = this.user(author);
		if (mr.approvals.some((a) => a.user === user)) throw new Refusal(401, '401 Unauthorized');
		mr.approvals.push({ user, at: this.now() });
		this.review(mr, author, 'approved');
	}
	unapprove(mr, author) {
		mr.approvals = mr.approvals.filter((a) => a.user !== this.user(author));
		this.review(mr, author, 'unreviewed');
	}
	review(mr, author, state) {
		mr.reviewers.set(this.user(author), { state, createdAt: this.now() });
		this.touch(mr);
	}

	// Pipelines

	pipeline(mr, { jobs = [] }) {
		const { source } = mr, now = this.now();
		const pipeline = {
			id: this.next(), iid: source.pipelines.length + 1, project: source, mr, sha: mr.sha,
			ref: `refs/merge-requests/${mr.iid}/head`, createdAt: now, updatedAt: now, jobs: [],
		};
		source.pipelines.push(pipeline);
		for (const job of jobs) this.job(pipeline, job);
		return pipeline;
	}
	job(pipeline, { name, stage = 'test', status = 'pending', log, allowFailure = false, reason }) {
		let job = pipeline.jobs.findLast((j) => j.name === name);
		const over = job && !RUNNING.includes(job.status);
		if (!job || over) pipeline.jobs.push((job = { id: this.next(), name, pipeline, createdAt: this.now() }));
		Object.assign(job, { stage, status, allowFailure, log: log ?? job.log, reason: status === 'failed' ? (reason ?? 'script_failure') : null });
		if (status !== 'created') job.startedAt ??= this.now();
		if (!RUNNING.includes(status)) job.finishedAt = this.now();
		pipeline.updatedAt = this.now();
		return job;
	}
	// a retried job leaves its former self behind
	current(pipeline) { return pipeline.jobs.filter((j, i, all) => all.findLastIndex((k) => k.name === j.name) === i); }
	retry(pipeline) {
		for (const { name, stage } of this.current(pipeline).filter((j) => j.status === 'failed'))
			this.job(pipeline, { name, stage });
	}
	pipelineState(pipeline) {
		const jobs = this.current(pipeline), states = jobs.map((j) => j.status);
		if (states.some((s) => s === 'running')) return 'running';
		if (jobs.some((j) => j.status === 'failed' && !j.allowFailure)) return 'failed';
		if (states.some((s) => RUNNING.includes(s))) return states.every((s) => RUNNING.includes(s)) ? 'pending' : 'running';
		if (states.includes('canceled')) return 'canceled';
		if (states.includes('manual')) return 'manual';
		return states.length && states.every((s) => s === 'skipped') ? 'skipped' : 'success';
	}
	pipelines(mr) { return mr.source.pipelines.filter((p) => p.mr === mr).reverse(); }
	head(mr) { return this.pipelines(mr).find((p) => p.sha === mr.sha) ?? null; }

	// What GitLab derives

	diff(mr) {
		if (mr.kind === 'Issue') return {};
		const base = mr.project.refs.get(mr.targetBranch), key = `${base} ${mr.sha}`;
		if (mr.last && (mr.state !== 'opened' || mr.last.key === key || !base)) return mr.last;
		mr.last = { key, base, ...git.compare(mr.project.dir, base, mr.sha) };
		return mr.last;
	}
	isDraft(mr) { return /^(draft:|\[draft\]|\(draft\))/i.test(mr.title); }
	approvalsLeft(mr) {
		return mr.project.free ? 0 : Math.max(0, mr.project.approvalsRequired - mr.approvals.length);
	}
	unresolved(mr) { return mr.discussions.some((d) => d.notes[0].resolvable && !d.notes.every((n) => n.resolved)); }
	mergeStatus(mr) { // detailed_merge_status
		if (mr.state !== 'opened') return 'not_open';
		if (mr.checkingLeft > 0) {
			mr.checkingLeft--;
			return 'checking';
		}
		const pipeline = this.head(mr), state = pipeline && this.pipelineState(pipeline);
		if (this.isDraft(mr)) return 'draft_status';
		if (mr.project.discussionsMustResolve && this.unresolved(mr)) return 'discussions_not_resolved';
		if ([...mr.reviewers.values()].some((r) => r.state === 'requested_changes') && !mr.project.free) return 'requested_changes';
		if (this.approvalsLeft(mr)) return 'not_approved';
		if (this.diff(mr).conflict) return 'conflict';
		if (mr.project.pipelineMustSucceed && RUNNING.includes(state)) return 'ci_still_running';
		if (mr.project.pipelineMustSucceed && !['success', 'skipped'].includes(state)) return 'ci_must_pass';
		if (mr.project.mergeMethod === 'ff' && this.diff(mr).behind) return 'need_rebase';
		return 'mergeable';
	}

	merge(mr, { sha, squash, message, removeSource } = {}) {
		this.writable(mr.project);
		if (mr.state !== 'opened') throw new Refusal(405, '405 Method Not Allowed');
		if (sha && sha !== mr.sha) throw new Refusal(409, `SHA does not match HEAD of source branch: ${mr.sha}`);
		const status = this.mergeStatus(mr);
		if (status === 'conflict') throw new Refusal(422, 'Branch cannot be merged');
		if (status !== 'mergeable') throw new Refusal(405, '405 Method Not Allowed');
		const { base, tree } = this.diff(mr), { project } = mr;
		const forward = project.mergeMethod === 'ff';
		const oid = git.merge(project.dir, {
			method: squash ? 'SQUASH' : forward ? 'FORWARD' : 'MERGE', base, branch: mr.targetBranch, head: mr.sha, tree,
			message: message ?? mr.title,
		});
		this.merged(mr, squash ? { squash: oid } : { merge: forward ? null : oid });
		this.pushed(project);
		if (removeSource ?? mr.removeSource) this.deleteBranch(mr.source, mr.sourceBranch);
	}
	merged(mr, { merge = null, squash = null }) {
		this.diff(mr);
		Object.assign(mr, { state: 'merged', mergedAt: this.now(), mergedBy: this.viewer, mergeSha: merge, squashSha: squash });
		this.touch(mr);
	}
}
