// What GitLab's REST API answers, field by field, for what model.mjs keeps. drive.mjs holds each
// against the types that @gitbeaker declares.
export function makeShapes(model) {
	const stats = { time_estimate: 0, total_time_spent: 0, human_time_estimate: null, human_total_time_spent: null };
	const tasks = { count: 0, completed_count: 0 };
	const user = (u, { web }) => u && {
		id: u.id, username: u.username, name: u.name, state: 'active', avatar_url: null, web_url: `${web}/${u.username}`,
	};
	const page = (p, ctx) => `${ctx.web}/${p.path}`;
	const project = (p, ctx) => ({
		id: p.id, description: null, name: p.path.split('/').at(-1), path: p.path.split('/').at(-1),
		path_with_namespace: p.path, name_with_namespace: p.path.replaceAll('/', ' / '), created_at: p.createdAt,
		default_branch: p.defaultBranch, web_url: page(p, ctx), http_url_to_repo: `${page(p, ctx)}.git`,
		ssh_url_to_repo: `git@${new URL(ctx.web).hostname}:${p.path}.git`, archived: p.archived, visibility: 'private',
		merge_method: p.mergeMethod, squash_option: p.squash,
		only_allow_merge_if_pipeline_succeeds: p.pipelineMustSucceed,
		only_allow_merge_if_all_discussions_are_resolved: p.discussionsMustResolve,
	});
	const pipeline = (p, ctx) => ({
		id: p.id, iid: p.iid, project_id: p.project.id, sha: p.sha, ref: p.ref, status: model.pipelineState(p),
		source: 'merge_request_event', created_at: p.createdAt, updated_at: p.updatedAt,
		web_url: `${page(p.project, ctx)}/-/pipelines/${p.id}`,
	});
	const fullPipeline = (p, ctx) => ({
		...pipeline(p, ctx), before_sha: '0'.repeat(40), tag: false, yaml_errors: null, user: user(model.viewer, ctx),
		started_at: p.createdAt, finished_at: p.updatedAt, committed_at: null, duration: 1, queued_duration: 1, coverage: null,
	});
	const job = (j, ctx) => ({
		id: j.id, name: j.name, stage: j.stage, status: j.status, ref: j.pipeline.ref, tag: false, coverage: null,
		allow_failure: j.allowFailure, created_at: j.createdAt, started_at: j.startedAt ?? null,
		finished_at: j.finishedAt ?? null, duration: j.finishedAt ? 1 : null, queued_duration: 1, failure_reason: j.reason,
		web_url: `${page(j.pipeline.project, ctx)}/-/jobs/${j.id}`, pipeline: pipeline(j.pipeline, ctx), artifacts: [],
	});
	const common = (x, ctx, sign, part) => ({
		id: x.id, iid: x.iid, project_id: x.project.id, title: x.title, description: x.description, state: x.state,
		created_at: x.createdAt, updated_at: x.updatedAt, closed_at: x.closedAt, closed_by: user(x.closedBy, ctx),
		labels: x.labels, milestone: null, author: user(x.author, ctx),
		assignees: x.assignees.map((a) => user(a, ctx)), assignee: user(x.assignees[0], ctx) ?? null,
		user_notes_count: x.discussions.flatMap((d) => d.notes).filter((n) => !n.system).length,
		upvotes: 0, downvotes: 0, discussion_locked: null, time_stats: stats, task_completion_status: tasks,
		web_url: `${page(x.project, ctx)}/-/${part}/${x.iid}`,
		references: { short: `${sign}${x.iid}`, relative: `${sign}${x.iid}`, full: `${x.project.path}${sign}${x.iid}` },
	});
	const issue = (i, ctx) => ({
		...common(i, ctx, '#', 'issues'), type: 'ISSUE', confidential: false, due_date: null, merge_requests_count: 0,
	});
	const mr = (m, ctx) => {
		const detailed = model.mergeStatus(m), conflict = model.diff(m).conflict;
		const rough = detailed === 'checking' ? 'checking' : conflict ? 'cannot_be_merged' : 'can_be_merged';
		return {
			...common(m, ctx, '!', 'merge_requests'), source_branch: m.sourceBranch, target_branch: m.targetBranch,
			source_project_id: m.source.id, target_project_id: m.project.id, draft: model.isDraft(m),
			work_in_progress: model.isDraft(m), merge_status: rough, detailed_merge_status: detailed, sha: m.sha,
			merged_by: user(m.mergedBy, ctx), merged_at: m.mergedAt, merge_commit_sha: m.mergeSha,
			squash_commit_sha: m.squashSha, reviewers: [...m.reviewers.keys()].map((u) => user(u, ctx)),
			has_conflicts: conflict, blocking_discussions_resolved: !model.unresolved(m),
			merge_when_pipeline_succeeds: false, squash: m.project.squash === 'always', reference: `!${m.iid}`,
			should_remove_source_branch: null, force_remove_source_branch: m.removeSource, prepared_at: m.createdAt,
		};
	};
	const fullMr = (m, ctx) => {
		const head = model.head(m), diff = model.diff(m);
		return {
			...mr(m, ctx), changes_count: String(diff.changedFiles), subscribed: true, merge_error: null,
			pipeline: head && pipeline(head, ctx), head_pipeline: head && fullPipeline(head, ctx),
			diff_refs: { base_sha: diff.base, start_sha: diff.base, head_sha: m.sha }, user: { can_merge: true },
			first_contribution: false,
		};
	};
	const position = ({ file, line, head, base }) => ({
		base_sha: base, start_sha: base, head_sha: head, old_path: file, new_path: file, position_type: 'text',
		old_line: null, new_line: line,
	});
	const note = (n, ctx) => ({
		id: n.id, type: n.type, body: n.body, author: user(n.author, ctx), created_at: n.createdAt,
		updated_at: n.updatedAt, system: n.system, noteable_id: n.on.id, noteable_type: n.on.kind,
		noteable_iid: n.on.iid, project_id: n.on.project.id, resolvable: n.resolvable,
		...(n.resolvable ? { resolved: n.resolved, resolved_by: user(n.resolvedBy, ctx) ?? null, resolved_at: n.resolvedAt ?? null } : {}),
		...(n.position ? { position: position(n.position) } : {}),
	});
	const discussion = (d, ctx) => ({ id: d.id, individual_note: d.single, notes: d.notes.map((n) => note(n, ctx)) });
	const approvals = (m, ctx) => ({
		id: m.id, iid: m.iid, project_id: m.project.id, title: m.title, description: m.description, state: m.state,
		created_at: m.createdAt, updated_at: m.updatedAt, merge_status: 'can_be_merged',
		approved: m.approvals.length > 0 && !model.approvalsLeft(m), approved_by: m.approvals.map((a) => ({ user: user(a.user, ctx) })),
		user_has_approved: m.approvals.some((a) => a.user === model.viewer), user_can_approve: m.author !== model.viewer,
		...(m.project.free ? {} : { approvals_required: m.project.approvalsRequired, approvals_left: model.approvalsLeft(m) }),
	});
	const member = (u, ctx) => ({ ...user(u, ctx), access_level: 30 });
	const reviewer = ([u, { state, createdAt }], ctx) => ({ user: user(u, ctx), state, created_at: createdAt });
	const branch = ([name, sha], ctx) => ({ name, commit: { id: sha, short_id: sha.slice(0, 8) }, merged: false, protected: false });
	return { user, project, pipeline, fullPipeline, job, issue, mr, fullMr, note, discussion, approvals, reviewer, member, branch };
}
