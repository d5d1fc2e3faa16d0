// drive.mjs URL PROJECT: a merge request from its making to its merge through @gitbeaker/rest,
// each answer held against its declared type. Says what was wrong, status 1; else nothing. PROJECT
// has a branch `feat` ahead of main, wants one approval and a pipeline.
//
// Proves that the fake is no private dialect between it and ao.
import assert from 'node:assert/strict';
import { Gitlab } from '@gitbeaker/rest';
import { makeJudge } from './declared.mjs';

const [host, project] = process.argv.slice(2);
const api = new Gitlab({ host, token: 'glpat-ann' }), is = makeJudge();
const wrong = new Set();
function shaped(name, value) {
	for (const one of [value].flat()) for (const w of is(one, name)) wrong.add(w);
	return value;
}
async function cause(set) {
	const answer = await fetch(`${new URL(host).origin}/_fake/apply`, { method: 'POST', body: JSON.stringify({ project, ...set }) });
	const body = await answer.json();
	assert.equal(answer.status, 200, JSON.stringify(body));
	return body[0];
}
const show = async (iid) => shaped('ExpandedMergeRequestSchema', await api.MergeRequests.show(project, iid));

// the judge can refuse
assert.equal(is({ invented: 1, iid: 'x', author: { id: 'y' } }, 'IssueSchema').length, 3);

assert.equal(shaped('ProjectSchema', await api.Projects.show(project)).path_with_namespace, project);
const { iid } = shaped('ExpandedMergeRequestSchema', await api.MergeRequests.create(project, 'feat', 'main', 'Add feat'));
assert.equal((await show(iid)).detailed_merge_status, 'not_approved');
assert.equal(shaped('MergeRequestSchema', await api.MergeRequests.all({ projectId: project, sourceBranch: 'feat' })).length, 1);

// red, with a log, and green again
const { id: job } = await cause({ op: 'job', mr: iid, name: 'build', status: 'failed', log: 'make\nboom\n' });
const [pipeline] = shaped('PipelineSchema', await api.MergeRequests.allPipelines(project, iid));
assert.equal(pipeline.status, 'failed');
shaped('ExpandedPipelineSchema', await api.Pipelines.show(project, pipeline.id));
const failed = shaped('JobSchema', await api.Jobs.all(project, { pipelineId: pipeline.id, scope: 'failed' }));
assert.deepEqual(failed.map((j) => j.id), [job]);
assert.match(await api.Jobs.showLog(project, job), /boom/);
await cause({ op: 'job', mr: iid, name: 'build', status: 'success' });
assert.equal((await show(iid)).head_pipeline.status, 'success');

// a thread, answered and resolved
await cause({ op: 'discussion', mr: iid, file: 'feat', line: 1, body: 'why?' });
await cause({ op: 'note', mr: iid, body: 'just saying', author: 'bob' });
const threads = await api.MergeRequestDiscussions.all(project, iid);
for (const t of threads) shaped('MergeRequestDiscussionNoteSchema', t.notes);
assert.deepEqual(threads.map((t) => t.notes[0].resolvable), [true, false]);
assert.equal((await show(iid)).blocking_discussions_resolved, false);
await api.MergeRequestDiscussions.addNote(project, iid, threads[0].id, threads[0].notes[0].id, 'because');
await api.MergeRequestDiscussions.resolve(project, iid, threads[0].id, true);
assert.equal((await show(iid)).blocking_discussions_resolved, true);

// reviewed, approved, merged at the head that was seen
await cause({ op: 'request-changes', mr: iid });
assert.equal((await show(iid)).detailed_merge_status, 'requested_changes');
shaped('MergeRequestReviewerSchema', await api.MergeRequests.showReviewers(project, iid));
await cause({ op: 'approve', mr: iid });
const approvals = shaped('MergeRequestLevelMergeRequestApprovalSchema',
	await api.MergeRequestApprovals.showConfiguration(project, { mergerequestIId: iid }));
assert.equal(approvals.approvals_left, 0);
await assert.rejects(api.MergeRequests.merge(project, iid, { sha: '0'.repeat(40) }), /SHA does not match/);
const { sha } = await show(iid);
const merged = shaped('ExpandedMergeRequestSchema', await api.MergeRequests.merge(project, iid, { sha, squash: true }));
assert.equal(merged.state, 'merged');
assert.equal((await api.Branches.show(project, 'main')).commit.id, merged.squash_commit_sha);

const issue = shaped('IssueSchema', await api.Issues.create(project, 'Broken', { labels: 'bug' }));
shaped('NoteSchema', await api.IssueNotes.create(project, issue.iid, 'seen'));
shaped('IssueSchema', await api.Issues.edit(project, issue.iid, { stateEvent: 'close' }));
assert.equal((await api.Issues.all({ projectId: project, state: 'opened' })).length, 0);
assert.deepEqual([...wrong], []);
