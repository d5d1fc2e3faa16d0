// A model that does what the prompt says: a server on 127.0.0.1 for the real agents to talk to.
//
//   node model.mjs PORT LOG
//
// It speaks Anthropic Messages, OpenAI Responses, OpenAI Chat Completions and Gemini generateContent,
// streamed where asked. The newest text of the user is the script; steps in it stand in [[ ]]:
//
//   [[say:TEXT]]        answers TEXT              [[slow:N]]       streams words for N seconds first
//   [[bash:COMMAND]]    calls the shell tool      [[write:PATH=TEXT]]  calls the tool that writes files
//   [[ask]]             calls the tool that asks  [[error:CODE]]   answers with that HTTP status
//   [[stall:N]]         says nothing for N seconds
//
// A tool call ends an answer; what stands behind it is the answer to the tool's result. Without steps
// it says "ok". LOG gets lines of JSON, each with the time `at` in ms. For each request {did: "asked", text,
// step, said, side, before}, text being what the user said last, to the byte: that is what was delivered;
// `said` how often the user has spoken in this conversation and `before` what, the latest last; `side`: a
// request of the agent's own, without tools, such as for a title, or by the words of Qwen Code's (SIDE). For its end {did, side, text}: answered, called (a tool),
// failed (with the status asked for), or cut (by the agent, which hung up).
// While there is a file LOG.hold nobody is answered.
// PORT 0 is any that is free; which one is printed.
import { appendFileSync, existsSync } from 'node:fs';
import { createServer } from 'node:http';
import { gunzipSync } from 'node:zlib';

const [port, log] = process.argv.slice(2);
const note = line => appendFileSync(log, JSON.stringify({ at: Date.now(), ...line }) + '\n');
const STEP = /\[\[(say|slow|stall|bash|write|ask|error)(?::((?:(?!\]\])[^])*))?\]\]/g;
const TOOLS = {
	bash: ['Bash', 'bash', 'exec_command', 'shell_command', 'shell', 'run_shell_command'],
	write: ['Write', 'write', 'write_file', 'create', 'apply_patch'],
	ask: ['AskUserQuestion', 'question', 'ask_user', 'ask_user_question', 'request_user_input'],
};

// What agents put around the user's words, none of them the user's.
const NOT_THE_USER = /^\s*<(environment_context|user_instructions|permissions|turn_aborted|session_context)|^\s*(# AGENTS\.md|This is the (Gemini CLI|Qwen Code))/;
const withoutReminders = s => s.replace(/<system-reminder>[^]*?<\/system-reminder>\s*/g, '');

// ---- requests: {text, step, said, tools}: the newest words, results of tools since, … --------------

// turns: [text or null, results of tools] in order
function newest(turns, tools) {
	const all = [];
	let step = 0;
	for (const [words, results] of turns) {
		step += results;
		if (words && words.trim() && !NOT_THE_USER.test(words)) {
			all.push(words);
			step = 0;
		}
	}
	return { text: all.at(-1) ?? '', step, said: all.length, tools, before: all.slice(-9, -1).map(s => s.slice(0, 200)) };
}

const byName = list => Object.fromEntries((list ?? []).map(t => [t.name ?? t.type, t]));
const words = content => typeof content === 'string' ? [content]
	: (content ?? []).filter(p => p.text).map(p => withoutReminders(p.text)).filter(s => s.trim());

// The last of them, but before the files that were put behind it for each @name in it: a turn that failed
// may stand in one message with the next.
function spoken(parts) {
	const files = parts.findLastIndex(s => s.startsWith('\n--- Content from referenced files ---'));
	return (parts.at(-1) === '\n--- End of content ---' && files > 0 ? parts[files - 1] : parts.at(-1)) ?? null;
}

const readers = {
	anthropic: b => newest(b.messages.filter(m => m.role === 'user').map(m => [
		words(m.content).at(-1) ?? null,
		Array.isArray(m.content) ? m.content.filter(p => p.type === 'tool_result').length : 0,
	]), byName(b.tools)),
	responses: b => newest((Array.isArray(b.input) ? b.input : [{ role: 'user', content: b.input }]).map(i => [
		i.role === 'user' ? words(i.content).join('\n') : null,
		/_call_output$/.test(i.type ?? '') ? 1 : 0,
	]), byName(b.tools)),
	chat: b => newest(b.messages.map(m => [
		m.role === 'user' ? spoken(words(m.content)) : null,
		m.role === 'tool' ? 1 : 0,
	]), byName((b.tools ?? []).map(t => t.function))),
	gemini: b => newest(b.contents.filter(c => c.role !== 'model').map(c => {
		const results = c.parts.filter(p => p.functionResponse).length;
		return [results ? null : spoken(words(c.parts).filter(s => !NOT_THE_USER.test(s))), results];
	}), byName((b.tools ?? []).flatMap(t => t.functionDeclarations ?? []))),
};

// ---- the script --------------------------------------------------------------------------------------

function argumentsOf(kind, tool, given) {
	const properties = (tool.input_schema ?? tool.parameters ?? tool.parametersJsonSchema)?.properties ?? {};
	const one = (...names) => names.find(n => n in properties) ?? names[0];
	if (kind === 'bash') {
		const args = { [one('command', 'cmd')]: tool.name === 'shell' ? ['sh', '-c', given] : given };
		if ('description' in properties)
			args.description = 'as asked';
		if ('is_background' in properties)
			args.is_background = false;
		if ('sandbox_permissions' in properties) // else it runs in a sandbox, and nobody is asked
			Object.assign(args, { sandbox_permissions: 'require_escalated', justification: 'as asked' });
		return args;
	}
	if (kind === 'write') {
		const [path, ...text] = given.split('=');
		if (tool.name === 'apply_patch')
			return { input: `*** Begin Patch\n*** Add File: ${path}\n+${text.join('=')}\n*** End Patch\n` };
		return { [one('file_path', 'filePath', 'path')]: path, [one('content', 'file_text')]: text.join('=') };
	}
	const question = { question: 'Which color?', header: 'Color', multiSelect: false, id: 'color', type: 'choice',
		options: [{ label: 'Red', description: 'warm' }, { label: 'Blue', description: 'cold' }] };
	return 'questions' in properties ? { questions: [question] } : { question: question.question, choices: ['Red', 'Blue'] };
}

// What to answer: {text, call: {name, args}, slow, stall, error}.
function answer({ text, step, tools }) {
	const rounds = [[]];
	for (const [, kind, given = ''] of text.matchAll(STEP)) {
		rounds.at(-1).push([kind, given]);
		if (kind in TOOLS)
			rounds.push([]);
	}
	const plan = { slow: 0, stall: 0 };
	if (!Object.keys(tools).length || (rounds.length === 1 && !rounds[0].length))
		return { ...plan, text: 'ok' };
	for (const [kind, given] of rounds[step] ?? []) {
		if (kind === 'say')
			plan.text = given;
		else if (kind in TOOLS) {
			const name = TOOLS[kind].find(n => n in tools);
			if (name)
				plan.call = { name, args: argumentsOf(kind, tools[name], given), custom: tools[name].type === 'custom' };
		} else
			plan[kind] = Number(given);
	}
	if (plan.text === undefined && !plan.call)
		plan.text = 'finished';
	return plan;
}

// ---- answers -----------------------------------------------------------------------------------------

const sleep = s => new Promise(done => setTimeout(done, s * 1000));
let serial = 0;
const id = prefix => `${prefix}_${process.pid}_${++serial}`;

async function* pieces(plan) {
	for (let i = 0; i < plan.slow * 4; i++) {
		yield `word${i} `;
		await sleep(0.25);
	}
	if (plan.text !== undefined)
		yield plan.text;
}

const writers = {
	async anthropic(send, plan, body) {
		const usage = { input_tokens: 100, output_tokens: 20, cache_creation_input_tokens: 0, cache_read_input_tokens: 0 };
		const stop_reason = plan.call ? 'tool_use' : 'end_turn';
		const message = { id: id('msg'), type: 'message', role: 'assistant', model: body.model, content: [],
			stop_reason: null, stop_sequence: null, usage };
		const tool = plan.call && { type: 'tool_use', id: id('toolu'), name: plan.call.name };
		if (!body.stream)
			return { ...message, stop_reason, content: [...plan.text === undefined ? [] : [{ type: 'text', text: plan.text }],
				...tool ? [{ ...tool, input: plan.call.args }] : []] };
		const event = (type, more) => send(type, { type, ...more });
		event('message_start', { message });
		let index = 0;
		if (plan.slow || plan.text !== undefined) {
			event('content_block_start', { index, content_block: { type: 'text', text: '' } });
			for await (const text of pieces(plan))
				event('content_block_delta', { index, delta: { type: 'text_delta', text } });
			event('content_block_stop', { index: index++ });
		}
		if (tool) {
			event('content_block_start', { index, content_block: { ...tool, input: {} } });
			event('content_block_delta', { index, delta: { type: 'input_json_delta', partial_json: JSON.stringify(plan.call.args) } });
			event('content_block_stop', { index });
		}
		event('message_delta', { delta: { stop_reason, stop_sequence: null }, usage });
		event('message_stop', {});
	},

	async responses(send, plan, body) {
		const response = { id: id('resp'), object: 'response', created_at: 1, model: body.model, status: 'in_progress', output: [] };
		const event = (type, more) => send(type, { type, ...more });
		const done = (output_index, item) => {
			event('response.output_item.done', { output_index, item });
			response.output.push(item);
		};
		event('response.created', { response });
		if (plan.slow || plan.text !== undefined) {
			const item = { type: 'message', id: id('msg'), role: 'assistant', status: 'in_progress', content: [] };
			const at = { item_id: item.id, output_index: 0, content_index: 0 };
			let text = '';
			event('response.output_item.added', { output_index: 0, item });
			event('response.content_part.added', { ...at, part: { type: 'output_text', text: '', annotations: [] } });
			for await (const delta of pieces(plan)) {
				event('response.output_text.delta', { ...at, delta });
				text += delta;
			}
			done(0, { ...item, status: 'completed', content: [{ type: 'output_text', text, annotations: [] }] });
		}
		if (plan.call) {
			const call = { call_id: id('call'), name: plan.call.name, status: 'completed' };
			done(response.output.length, plan.call.custom
				? { type: 'custom_tool_call', id: id('ctc'), input: plan.call.args.input, ...call }
				: { type: 'function_call', id: id('fc'), arguments: JSON.stringify(plan.call.args), ...call });
		}
		response.status = 'completed';
		response.usage = { input_tokens: 100, input_tokens_details: { cached_tokens: 0 }, output_tokens: 20,
			output_tokens_details: { reasoning_tokens: 0 }, total_tokens: 120 };
		event('response.completed', { response });
		return response;
	},

	async chat(send, plan, body) {
		const base = { id: id('chatcmpl'), created: 1, model: body.model };
		const usage = { prompt_tokens: 100, completion_tokens: 20, total_tokens: 120 };
		const finish_reason = plan.call ? 'tool_calls' : 'stop';
		const tool_calls = plan.call && [{ index: 0, id: id('call'), type: 'function',
			function: { name: plan.call.name, arguments: JSON.stringify(plan.call.args) } }];
		if (!body.stream)
			return { ...base, object: 'chat.completion', usage,
				choices: [{ index: 0, finish_reason, message: { role: 'assistant', content: plan.text ?? null, tool_calls } }] };
		const event = (delta, reason = null) =>
			send(null, { ...base, object: 'chat.completion.chunk', choices: [{ index: 0, delta, finish_reason: reason }] });
		event({ role: 'assistant', content: '' });
		for await (const content of pieces(plan))
			event({ content });
		if (tool_calls)
			event({ tool_calls });
		event({}, finish_reason);
		send(null, { ...base, object: 'chat.completion.chunk', choices: [], usage });
		send(null, '[DONE]');
	},

	async gemini(send, plan, body, path) {
		const chunk = (parts, finishReason) => ({ modelVersion: 'scripted', responseId: id('r'),
			candidates: [{ index: 0, content: { role: 'model', parts }, finishReason }],
			usageMetadata: { promptTokenCount: 100, candidatesTokenCount: 20, totalTokenCount: 120 } });
		const call = plan.call ? [{ functionCall: { name: plan.call.name, args: plan.call.args } }] : [];
		const form = body.generationConfig ?? {};
		if (form.responseMimeType === 'application/json') // a question of the program's own, answered blandly
			plan.text = JSON.stringify({ reasoning: 'none', next_speaker: 'user', model_choice: 'flash',
				complexity_reasoning: 'none', complexity_score: 1 });
		if (!path.includes(':streamGenerateContent'))
			return chunk([...plan.text === undefined ? [] : [{ text: plan.text }], ...call], 'STOP');
		for await (const text of pieces(plan))
			send(null, chunk([{ text }]));
		send(null, chunk(call.length ? call : [{ text: '' }], 'STOP'));
	},
};

const PATHS = [
	[/\/messages$/, 'anthropic'], [/\/responses$/, 'responses'], [/\/chat\/completions$/, 'chat'],
	[/:(stream)?[gG]enerateContent$/, 'gemini'],
];
const streams = (api, body, path) => api === 'gemini' ? path.includes(':stream') : body.stream;

async function read(request) {
	const parts = [];
	for await (const part of request)
		parts.push(part);
	const bytes = Buffer.concat(parts);
	return JSON.parse((request.headers['content-encoding'] === 'gzip' ? gunzipSync(bytes) : bytes).toString() || '{}');
}

function reply(response, status, value) {
	response.writeHead(status, { 'content-type': 'application/json' });
	response.end(JSON.stringify(value));
}

const SIDE = /^\[SUGGESTION MODE: |^Managed memory has TWO directories\./;

async function serve(request, response) {
	const path = request.url.split('?')[0];
	const api = PATHS.find(([pattern]) => pattern.test(path))?.[1];
	if (request.method !== 'POST')
		return reply(response, path.endsWith('/models') ? 200 : 404,
			{ object: 'list', data: [{ id: 'scripted', object: 'model', created: 1, owned_by: 'nobody' }], models: [] });
	const body = await read(request);
	if (path.endsWith('count_tokens'))
		return reply(response, 200, { input_tokens: 100 });
	if (path.endsWith(':countTokens'))
		return reply(response, 200, { totalTokens: 100 });
	if (!api)
		return reply(response, 404, { error: { message: `no such path ${path}` } });
	const asked = readers[api](body), plan = answer(asked);
	const { text, step, said, before } = asked, side = !Object.keys(asked.tools).length || SIDE.test(text);
	note({ did: 'asked', text, step, said, side, before });
	const over = plan.call ? 'called' : plan.error ? 'failed' : 'answered';
	response.on('close', () => note({ did: response.writableFinished ? over : 'cut', side, text: text.slice(0, 200) }));
	await sleep(plan.stall);
	while (existsSync(`${log}.hold`))
		await sleep(0.05);
	if (plan.error)
		return reply(response, plan.error, { type: 'error',
			error: { type: 'invalid_request_error', message: 'as asked', code: api === 'gemini' ? plan.error : 'as_asked' } });
	const stream = streams(api, body, path);
	if (stream)
		response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' });
	const send = (name, value) => stream && response.write((name ? `event: ${name}\n` : '') +
		`data: ${typeof value === 'string' ? value : JSON.stringify(value)}\n\n`);
	const whole = await writers[api](send, plan, body, path);
	return stream ? response.end() : reply(response, 200, whole);
}

createServer((request, response) => serve(request, response).catch(e => {
	process.stderr.write(`${e.stack}\n`);
	response.destroy();
})).listen(Number(port), '127.0.0.1', function () {
	process.stdout.write(`listening ${this.address().port}\n`);
});
