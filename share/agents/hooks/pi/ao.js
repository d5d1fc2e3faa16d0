// pi's side of the reports to ao: an extension, given with the command line (--extension), not installed.
// Each report is over before pi goes on, so they arrive in the order in which things happened.
import { spawnSync } from 'node:child_process';

const text = message => typeof message?.content === 'string' ? message.content
	: (message?.content ?? []).filter(part => part.type === 'text').map(part => part.text).join('\n');

function report(ctx, event, more) {
	const input = JSON.stringify({
		session_id: ctx.sessionManager.getSessionId(),
		transcript_path: ctx.sessionManager.getSessionFile(),
		...more,
	});
	if (process.env.AO_BIN)
		spawnSync(process.env.AO_BIN, ['hook', event], { input, stdio: ['pipe', 'ignore', 'ignore'], timeout: 5000 });
}

export default function (pi) {
	pi.on('session_start', (event, ctx) => report(ctx, 'start'));
	pi.on('message_start', (event, ctx) => {
		if (event.message.role === 'user')
			report(ctx, 'prompt', { prompt: text(event.message) });
	});
	pi.on('agent_start', (event, ctx) => report(ctx, 'tool'));
	pi.on('tool_execution_start', (event, ctx) => report(ctx, 'tool', { tool_name: event.toolName }));
	pi.on('tool_execution_end', (event, ctx) => report(ctx, 'tool', { tool_name: event.toolName }));
	pi.on('agent_end', (event, ctx) => {
		const last = (event.messages ?? []).filter(message => message.role === 'assistant').at(-1);
		if (last?.stopReason === 'error')
			report(ctx, 'error', { error: last.errorMessage ?? 'error' });
		else
			report(ctx, 'stop', { last_assistant_message: text(last) });
	});
	// to sum the conversation up takes a while, too
	pi.on('session_before_compact', (event, ctx) => {
		report(ctx, 'tool');
		event.signal?.addEventListener('abort', () => report(ctx, 'stop'), { once: true });
	});
	pi.on('session_compact', (event, ctx) => report(ctx, 'stop'));
	pi.on('session_shutdown', (event, ctx) => {
		if (event.reason === 'quit')
			report(ctx, 'exit', { reason: event.reason });
	});
}
