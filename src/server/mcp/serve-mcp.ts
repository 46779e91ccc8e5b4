import { Server } from '@modelcontextprotocol/sdk/server/index.js';
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';
import {
  type CallToolRequest,
  CallToolRequestSchema,
  type CallToolResult,
  ListToolsRequestSchema,
  type Tool as ListedTool,
} from '@modelcontextprotocol/sdk/types.js';
import type { Readable, Writable } from 'node:stream';
import * as z from 'zod/mini';
import manifest from '../../../package.json' with { type: 'json' };
import { isWardenError, WardenError } from '../../core/errors.ts';
import { nearestNames } from '../../core/nearest-names.ts';
import type { Diagnostics } from '../../core/ports/diagnostics.ts';
import type { RunId } from '../../core/run-id.ts';
import type { Supervisor } from '../../supervisor/supervisor.ts';
import { readArguments } from './read-arguments.ts';
import type { Tool } from './tool.ts';
import { answerResult, errorResult } from './tool-result.ts';
import { tools } from './tools.ts';

export interface McpOptions {
  /** Asked for at the first call, and again after it failed: a client learns why by a tool error. */
  readonly open: () => Promise<Supervisor>;
  /** Where calls belong that name no repository. */
  readonly directory: string;
  /** The run in which the server was started. */
  readonly runId: RunId | null;
  readonly provideWatch: (supervisor: Supervisor) => Promise<void>;
  readonly input: Readable;
  /** Nothing but the protocol is written to it. */
  readonly output: Writable;
  readonly diagnostics: Diagnostics;
}

const instructions =
  'Workflow Warden runs workflows (agents, any command) in git worktrees of their own. Find out what can be run with ' +
  'list_workflows, start it with run_workflow, follow it with get_workflow_status and get_run_log. A run is over when its ' +
  'status is completed, failed, terminated or killed.';

/** Answers one client until it has gone and what it asked for is done, or the signal aborts. */
export async function serveMcp(options: McpOptions, signal: AbortSignal): Promise<void> {
  const { input, output, diagnostics } = options;
  const calls = new Set<Promise<unknown>>();
  // What `McpServer` adds to it is a way from schemas to tools that words the errors itself.
  const server = new Server(
    { name: manifest.name, title: manifest.displayName, version: manifest.version },
    { capabilities: { tools: {} }, instructions },
  );
  // oxlint-disable-next-line unicorn/prefer-add-event-listener -- it is no event target
  server.onerror = (error) => diagnostics.failed('reading a message of the client', error);
  server.setRequestHandler(ListToolsRequestSchema, () => ({ tools: tools.map(listed) }));
  server.setRequestHandler(CallToolRequestSchema, ({ params }, { signal: cancelled }) => {
    const call = answer(params, options, cancelled);
    calls.add(call);
    return call.finally(() => calls.delete(call));
  });
  const closed = new Promise<void>((resolve) => {
    // oxlint-disable-next-line unicorn/prefer-add-event-listener -- nor here
    server.onclose = resolve;
  });
  const aborted = new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
  const gone = new Promise((resolve) => input.once('end', resolve).once('close', resolve));
  await server.connect(new StdioServerTransport(input, output));
  await Promise.race([gone, closed, aborted]);
  while (calls.size > 0 && !signal.aborted) await Promise.race([Promise.allSettled(calls), aborted]);
  // Its last answer is handed on in the turn in which it is there.
  await new Promise(setImmediate);
  await server.close();
}

function listed({ name, title, description, input, output, hints }: Tool): ListedTool {
  return {
    name,
    title,
    description,
    inputSchema: schemaOf(input),
    outputSchema: schemaOf(output),
    annotations: { title, ...hints },
  };
}

/** What a later version adds to an answer is no error, hence `input` for both. */
function schemaOf(schema: z.ZodMiniType): ListedTool['inputSchema'] {
  return { ...z.toJSONSchema(schema, { io: 'input' }), type: 'object' } as ListedTool['inputSchema'];
}

async function answer(
  { name, arguments: given = {} }: CallToolRequest['params'],
  { open, directory, runId, provideWatch, diagnostics }: McpOptions,
  cancelled: AbortSignal,
): Promise<CallToolResult> {
  try {
    const tool = toolNamed(name);
    const read = readArguments(tool.input, given);
    const supervisor = await open();
    const context = { supervisor, directory, runId, provideWatch: () => provideWatch(supervisor), cancelled };
    return answerResult(await tool.call(read, context));
  } catch (error) {
    if (!isWardenError(error)) diagnostics.failed(`answering ${name}`, error);
    return errorResult(error);
  }
}

function toolNamed(name: string): Tool {
  const tool = tools.find((one) => one.name === name);
  if (tool !== undefined) return tool;
  const names = tools.map((one) => one.name);
  const nearest = nearestNames(name.slice(0, 100), names);
  throw new WardenError('invalid_argument', {
    argument: 'the name of a tool',
    value: name.slice(0, 100),
    expected: (nearest.length > 0 ? nearest : names).join(', '),
  });
}
