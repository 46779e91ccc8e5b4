import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { format } from 'oxfmt';
import * as z from 'zod/mini';
import { workflowFileSchema } from '../src/core/workflow-schema.ts';

export const schemaFile = fileURLToPath(new URL('../media/workflows.schema.json', import.meta.url));

/** The JSON schema with which VS Code completes and checks `.vscode/workflows.json`. */
export function workflowsJsonSchema(): Record<string, unknown> {
  return {
    title: 'Workflows of Workflow Warden',
    // VS Code's own words for what the reader of the file accepts.
    allowComments: true,
    allowTrailingCommas: true,
    ...z.toJSONSchema(workflowFileSchema, { io: 'input', target: 'draft-7' }),
  };
}

if (import.meta.main) {
  const { code } = await format(schemaFile, JSON.stringify(workflowsJsonSchema(), null, 2), { printWidth: 120 });
  writeFileSync(schemaFile, code);
}
