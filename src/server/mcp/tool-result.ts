import type { CallToolResult } from '@modelcontextprotocol/sdk/types.js';
import { detailOf, isWardenError } from '../../core/errors.ts';
import { type ErrorJson, errorJson } from '../../core/run-json.ts';
import { oneLine } from '../../plain-text.ts';
import type { ToolAnswer } from './tool.ts';

/** Where the error stands as a document: clients check `structuredContent` against the schema of an answer. */
const errorKey = 'workflow-warden/error';

export function answerResult({ document, text, lines, isFailure = false }: ToolAnswer<object>): CallToolResult {
  const blocks = [oneLine(text), ...(lines === undefined || lines === '' ? [] : [lines])];
  return {
    content: blocks.map((block) => ({ type: 'text', text: block })),
    structuredContent: { ...document },
    ...(isFailure ? { isError: true } : {}),
  };
}

/** What went wrong and what to do next, for a model to act upon. */
export function errorResult(error: unknown): CallToolResult {
  const document: ErrorJson['error'] = isWardenError(error)
    ? errorJson(error).error
    : { code: 'unexpected', message: `Something went wrong that should not: ${detailOf(error)}`, details: {} };
  return {
    isError: true,
    content: [{ type: 'text', text: oneLine(document.message) }],
    _meta: { [errorKey]: document },
  };
}
