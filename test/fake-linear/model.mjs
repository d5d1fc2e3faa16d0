// Linear in memory: teams with their workflow states, users, issues, comments.
const STATES = [
	['Backlog', 'backlog'], ['Todo', 'unstarted'], ['In Progress', 'started'], ['In Review', 'started'],
	['Done', 'completed'], ['Canceled', 'canceled'],
];

export class Model {
	constructor() {
		Object.assign(this, { seq: 0, users: [], teams: [], issues: [], labels: [] });
		this.viewer = this.user('ann');
	}
	now() { return new Date().toISOString(); }
	made(type, fields) {
		const id = `00000000-0000-4000-8000-${String(++this.seq).padStart(12, '0')}`;
		return { __typename: type, id, createdAt: this.now(), updatedAt: this.now(), archivedAt: null, ...fields };
	}
	user(name) {
		let user = this.users.find((u) => u.name === name);
		if (!user) this.users.push((user = this.made('User', { name, displayName: name, email: `${name}@example.org`, active: true })));
		return user;
	}
	label(name) {
		let label = this.labels.find((l) => l.name === name);
		if (!label) this.labels.push((label = this.made('IssueLabel', { name, color: '#ededed' })));
		return label;
	}
	team(key) {
		let team = this.teams.find((t) => t.key === key);
		if (!team) {
			this.teams.push((team = this.made('Team', { key, name: key, next: 1 })));
			team.states = STATES.map(([name, type], i) => this.made('WorkflowState', { name, type, position: i, color: '#ccc', team }));
		}
		return team;
	}
	state(team, name) {
		const state = team.states.find((s) => s.name === name);
		if (!state) throw new Error(`no state ${name}`);
		return state;
	}
	add({ team, title, description = null, state, assignee = null, creator = this.viewer, labels = [], priority = 0 }) {
		const number = team.next++;
		const issue = this.made('Issue', {
			team, number, identifier: `${team.key}-${number}`, title, description, creator, assignee, labels,
			priority, comments: [], completedAt: null, canceledAt: null, startedAt: null, trashed: null,
		});
		this.issues.push(issue);
		this.move(issue, state ?? this.state(team, 'Todo'));
		return issue;
	}
	move(issue, state) {
		const now = this.now();
		Object.assign(issue, { state, updatedAt: now });
		issue.completedAt = state.type === 'completed' ? now : null;
		issue.canceledAt = state.type === 'canceled' ? now : null;
		if (state.type === 'started') issue.startedAt ??= now;
	}
	comment(issue, { body, user = this.viewer }) {
		const comment = this.made('Comment', { body, user, issue });
		issue.comments.push(comment);
		issue.updatedAt = this.now();
		return comment;
	}
	// by its id or, as Linear does, by its identifier
	issue(id) {
		return this.issues.find((i) => i.id === id || i.identifier === id.toUpperCase());
	}
}
