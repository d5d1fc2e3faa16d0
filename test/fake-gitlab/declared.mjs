// Answers held against the types that @gitbeaker, a client that is not ours, declares for them: each
// field must be one that the type names, and of its type. null fits anywhere, as the types are
// careless about it; what GitLab documents and the types forget is listed.
import fs from 'node:fs';
import { createRequire } from 'node:module';

const FORGOTTEN = new Set([
	'MergeRequestDiscussionNoteSchema.project_id', 'MergeRequestDiscussionNoteSchema.resolved', 'NoteSchema.type',
	'MergeRequestLevelMergeRequestApprovalSchema.approved', 'MergeRequestLevelMergeRequestApprovalSchema.user_has_approved',
	'MergeRequestLevelMergeRequestApprovalSchema.user_can_approve', 'IssueSchema.assignee',
	'IssueSchema.closed_by', // a user, where the type says a text
	'ExpandedMergeRequestSchema.detailed_merge_status', 'MergeRequestSchema.detailed_merge_status', // knows fewer
]);

function interfaces() {
	const from = createRequire(import.meta.url), rest = createRequire(from.resolve('@gitbeaker/rest'));
	const text = fs.readFileSync(rest.resolve('@gitbeaker/core').replace(/index\.\w+$/, 'index.d.ts'), 'utf8');
	const all = new Map();
	for (const [, name, above = '', body] of text.matchAll(/^interface (\w+)(?: extends ([^{]+))? \{\n([\s\S]*?)^\}/gm)) {
		const fields = {};
		// a type in braces goes on until its brace closes at the field's own depth
		for (const [, field, type] of body.matchAll(/^ {4}(\w+)\??: (\{[\s\S]*?^ {4}\}[^\n]*|[^\n]*);$/gm)) fields[field] = type;
		all.set(name, { fields, above: [...above.matchAll(/\b\w+Schema\w*|\b\w+Entity\b/g)].map((m) => m[0]) });
	}
	return all;
}

export function makeJudge() {
	const all = interfaces();
	const field = (name, key) => {
		const found = all.get(name);
		return found && (found.fields[key] ?? found.above.map((a) => field(a, key)).find(Boolean));
	};
	function fits(value, type) {
		if (value === null) return [];
		const or = type.startsWith('{') ? [type] : type.split(' | ');
		if (or.length > 1) {
			const tried = or.map((t) => fits(value, t));
			return tried.find((wrong) => !wrong.length) ?? [`${JSON.stringify(value)} is not ${type}`];
		}
		const list = type.match(/^(.*)\[\]$/s), omit = type.match(/^MappedOmit<(\w+), /);
		if (list) return Array.isArray(value) ? value.flatMap((v) => fits(v, list[1])) : [`no list: ${type}`];
		if (omit) return fits(value, omit[1]);
		if (all.has(type)) return is(value, type);
		if (/^'.*'$/.test(type)) return type === `'${value}'` ? [] : [`${value} is not ${type}`];
		if (['string', 'number', 'boolean'].includes(type))
			return typeof value === type ? [] : [`${JSON.stringify(value)} is no ${type}`];
		return [];
	}
	function is(value, name) {
		if (!all.has(name)) return [`@gitbeaker declares no ${name}`];
		return Object.entries(value).flatMap(([key, v]) => {
			if (FORGOTTEN.has(`${name}.${key}`)) return [];
			const type = field(name, key);
			return type ? fits(v, type).map((wrong) => `${name}.${key}: ${wrong}`) : [`${name} has no ${key}`];
		});
	}
	return is;
}
