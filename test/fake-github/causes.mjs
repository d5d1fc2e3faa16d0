// The causes that a test may set (POST /_fake/apply), each as {op, repo, pr | issue, …}. Nothing
// here writes what GitHub would have derived.
import * as git from '../fake/git.mjs';

export function makeCauses(model) {
	const pr = (set) => {
		const found = model.mustRepo(set.repo).prs.get(set.pr);
		if (!found) throw new Error(`no pull request ${set.repo}#${set.pr}`);
		return found;
	};
	const item = (set) => {
		const found = model.thing(model.mustRepo(set.repo), set.pr ?? set.issue);
		if (!found) throw new Error(`no item ${set.repo}#${set.pr ?? set.issue}`);
		return found;
	};
	const id = (thing) => ({ id: thing.id, databaseId: thing.databaseId });

	const causes = {
		// {repo, members: {LOGIN: ASSOCIATION}, requiredApprovals, requiredChecks, checksOnPush, fork: OF, …}
		repo: ({ repo, ...set }) => id(model.addRepo(repo, set)),
		'repo-set': ({ repo, set }) => void Object.assign(model.mustRepo(repo), set),
		rename: ({ repo, to }) => model.rename(model.mustRepo(repo), to),
		archive: ({ repo, archived }) => model.archive(model.mustRepo(repo), archived),
		// {repo, branch, from, files: {PATH: CONTENT | null}, message}: a commit that someone pushed
		push({ repo, branch, from, files, message = 'change' }) {
			const found = model.mustRepo(repo), main = found.defaultBranch;
			const oid = git.commit(found.dir, { branch, from: from ?? main, files, message });
			model.pushed(found);
			return { oid };
		},
		// what the repositories' own hook says after a push
		pushed: ({ id: number }) =>
			model.pushed([...model.repos.values()].find((r) => r.databaseId === number)),
		'branch-delete': ({ repo, branch }) => ({ deleted: model.deleteRef(model.mustRepo(repo), branch) }),
		// {team: ORG/SLUG}
		team: ({ team }) => model.team(team),
		issue: ({ repo, ...set }) => ({ number: model.addIssue(model.mustRepo(repo), set).number }),
		// {repo, head: BRANCH | FORK_OWNER:BRANCH, base, title, body, draft, author, labels}
		pr: ({ repo, ...set }) => ({ number: model.addPr(model.mustRepo(repo), set).number }),
		// {…, name, conclusion | status | state, log, summary, annotations, url}
		check: (set) => id(model.check(pr(set), set)),
		// {…, state: APPROVED | CHANGES_REQUESTED | COMMENTED | DISMISSED, author, association, body}
		review: (set) => id(model.review(pr(set), set)),
		// {…, file, line, body, author, association, outdatedByPush}
		thread: (set) => id(model.thread(pr(set), set)),
		'thread-reply': (set) =>
			id(model.threadComment(pr(set).threads[set.index], { author: 'reviewer', ...set })),
		'thread-resolve': (set) =>
			void (pr(set).threads[set.index].isResolved = set.resolved ?? true),
		comment: (set) => id(model.comment(item(set), set)),
		label(set) {
			const found = item(set);
			found.labels = set.labels.map((name) => model.label(found.repo, name));
			model.touch(found);
		},
		draft: (set) => void (pr(set).isDraft = set.draft ?? true),
		merge: (set) => ({ oid: model.merge(pr(set), set) }),
		close: (set) => model.setState(item(set), 'CLOSED', set.reason),
		reopen: (set) => model.setState(item(set), 'OPEN'),
		clock: ({ advance }) => model.advance(advance),
	};
	return (set) => {
		if (!causes[set.op]) throw new Error(`no cause '${set.op}'`);
		const { op, ...rest } = set;
		return causes[op](rest) ?? {};
	};
}
