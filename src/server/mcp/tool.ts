import type { ToolAnnotations } from '@modelcontextprotocol/sdk/types.js';
import type * as z from 'zod/mini';
import type { RunId } from '../../core/run-id.ts';
import type { Supervisor } from '../../supervisor/supervisor.ts';

/** What a tool works with. */
export interface ToolContext {
  readonly supervisor: Supervisor;
  /** Where calls belong that name no repository. */
  readonly directory: string;
  /** The run in which the server was started: what is started here was started by it. */
  readonly runId: RunId | null;
  /** Sees to it that somebody watches over what is started: keeps its limits and starts what waits, also when this server has ended. */
  readonly provideWatch: () => Promise<void>;
  /** Aborts when the client has cancelled the call. */
  readonly cancelled: AbortSignal;
}

/** What a tool answers when it has done what was asked. */
export interface ToolAnswer<Document> {
  readonly document: Document;
  /** One line for whoever reads no documents. */
  readonly text: string;
  /** Lines that are the answer itself. */
  readonly lines?: string;
  /** It was tried and did not succeed: the document says how far it came. */
  readonly isFailure?: boolean;
}

export interface Tool<Input extends z.ZodMiniObject = z.ZodMiniObject, Document extends object = object> {
  readonly name: string;
  readonly title: string;
  /** For the model that decides whether to call it. */
  readonly description: string;
  readonly input: Input;
  readonly output: z.ZodMiniType<Document>;
  readonly hints: Required<Omit<ToolAnnotations, 'title'>>;
  /** @throws WardenError what the verb throws */
  call(given: z.output<Input>, context: ToolContext): Promise<ToolAnswer<Document>>;
}

/** Ties what `call` sees and answers to the schemas that are declared. */
export function defineTool<Input extends z.ZodMiniObject, Document extends object>(
  tool: Tool<Input, Document>,
): Tool<Input, Document> {
  return tool;
}

/** Only looks. */
export const looks = {
  readOnlyHint: true,
  destructiveHint: false,
  idempotentHint: true,
  openWorldHint: false,
} as const;

/** Ends or removes something; to ask twice is to ask once. */
export const ends = {
  readOnlyHint: false,
  destructiveHint: true,
  idempotentHint: true,
  openWorldHint: false,
} as const;
