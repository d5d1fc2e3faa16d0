// What ao tells of a session, held against what the model did and the test pressed.
//
//   node truth.mjs watch SESSION OUT            asks ao again and again; a line for each answer, until killed
//   node truth.mjs judge LOG OUT MS [calls=W]   each state that lasts longer than MS is told within MS of its
//                                               beginning and until its end; prints how long it took. The
//                                               next one may be told up to MS early: an agent has begun a
//                                               turn before the model hears of it
//   node truth.mjs heard LOG SENT               the model was told what SENT has, a JSON string a line: each
//                                               once, in this order, and nothing else. White space at the end
//                                               does not count, nor what the agent puts around a message.
//                                               @* at the end of one is @ and any word
//
//   node truth.mjs times LOG TEXT               how often it was told exactly this
//   node truth.mjs count LOG                    how many messages it was told
//
// Of LOG's texts those that begin with "nested" are another agent's. LOG is the model's (model.mjs): asked is active, answered and cut are ready, failed is blocked, called is W (active).
// What a person does at the terminal the model does not see: the test writes {at, truth: W} into LOG for it.
import { appendFileSync, readFileSync } from 'node:fs';
import { execFile } from 'node:child_process';

const lines = file => readFileSync(file, 'utf8').split('\n').filter(Boolean).map(JSON.parse);

function ask(session) {
	return new Promise(done => execFile('ao', ['session', 'ls', '-a', '--json'], (error, out) => {
		try {
			done(JSON.parse(out).find(s => s.name === session)?.activity ?? 'none');
		} catch {
			done('none');
		}
	}));
}

async function watch(session, out) {
	for (;;) {
		const from = Date.now(), says = await ask(session);
		appendFileSync(out, JSON.stringify({ from, to: Date.now(), says }) + '\n');
		await new Promise(next => setTimeout(next, 50));
	}
}

const MEANS = { asked: 'active', answered: 'ready', cut: 'ready', failed: 'blocked' };
const same = (a, b) => a === b || (a === 'idle' && b === 'ready');

function judge(log, out, ms, calls) {
	const truths = lines(log).filter(l => l.truth || (!l.side && !isNested(l)))
		.map(l => ({ at: l.at, is: l.truth ?? (l.did === 'called' ? calls : MEANS[l.did]), of: l.text ?? '' }));
	const told = lines(out), took = {};
	let wrong = 0;
	// the same again is no new state
	const states = truths.filter((t, i) => !i || t.is !== truths[i - 1].is);
	states.forEach((state, i) => {
		const end = states[i + 1]?.at ?? told.at(-1).from;
		if (end - state.at <= ms)
			return;
		const next = states[i + 1]?.is, during = told.filter(t => t.from >= state.at && t.to <= end &&
			!(next && t.to > end - ms && same(t.says, next)));
		const first = during.find(t => same(t.says, state.is));
		(took[state.is] ??= []).push(first ? first.to - state.at : NaN);
		for (const t of during.filter(t => t.from > state.at + ms && !same(t.says, state.is))) {
			if (wrong++ < 20)
				console.log(`${t.says}, but ${state.is} for ${t.from - state.at} ms: ${state.of.slice(0, 60)}`);
		}
		if (!first && ++wrong)
			console.log(`never told: ${state.is} for ${end - state.at} ms: ${state.of.slice(0, 60)}`);
	});
	for (const [is, all] of Object.entries(took))
		console.log(`# ${is}: ${all.length} times, told after at most ${Math.max(...all)} ms (${all.join(' ')})`);
	process.exitCode = wrong || !states.length ? 1 : 0;
}

// Claude Code puts a paste into tags, and a frame around what was said in the middle of a turn; Copilot a date
// before a message.
const bare = text => text.replace(/^The user sent a new message while you were working:\n([^]*?)\n\nThis is how Claude Code surfaces[^]*$/, '$1').replace(/^<current_datetime>[^<]*<\/current_datetime>\n\n/, '')
	.replace(/^\s*<pasted_content id="....">\n/, '').replace(/\n<\/pasted_content id="....">\s*$/, '').trimEnd();

const isNested = line => /^"?nested/.test(bare(line.text)); // `opencode run` puts it in quotes
// A message may join a turn ($JOINS): then it stands before what was said last, and is new in what the user has said.
const JOINS = process.env.JOINS === 'yes';

function turns(log) {
	const texts = [];
	let known = 0;
	for (const l of lines(log).filter(line => line.did === 'asked' && !line.side && !isNested(line))) {
		if (l.said < known) // the conversation was summed up
			known = l.said - 1;
		const joined = JOINS ? l.before.slice(-(l.said - known - 1)).filter((_, i) => i < l.said - known - 1) : [];
		texts.push(...joined.map(bare));
		if (l.step === 0 && !(JOINS && l.said <= known))
			texts.push(bare(l.text));
		known = l.said;
	}
	return JOINS ? texts.filter(text => !text.startsWith('<system_notification>')) : texts;
}

const fits = (got, want) => got === want ||
	(want.endsWith('@*') && got.startsWith(want.slice(0, -1)) && /^\S+$/.test(got.slice(want.length - 1)));

function heard(log, sent) {
	const want = lines(sent).map(s => s.trimEnd()), got = turns(log);
	let right = 0;
	while (right < want.length && right < got.length && fits(got[right], want[right]))
		right++;
	console.log(`# ${right} of ${want.length} messages heard, each once, in order, to the byte`);
	if (right < want.length || right < got.length) {
		console.log(`then sent:  ${JSON.stringify(want.slice(right, right + 3)).slice(0, 400)}`);
		console.log(`then heard: ${JSON.stringify(got.slice(right, right + 3)).slice(0, 400)}`);
		process.exitCode = 1;
	}
}

const [verb, ...rest] = process.argv.slice(2);
if (verb === 'watch')
	await watch(rest[0], rest[1]);
else if (verb === 'times')
	console.log(turns(rest[0]).filter(text => text === rest[1].trimEnd()).length);
else if (verb === 'count')
	console.log(turns(rest[0]).length);
else if (verb === 'heard')
	heard(...rest);
else
	judge(rest[0], rest[1], Number(rest[2]), (rest[3] ?? 'calls=active').slice('calls='.length));
