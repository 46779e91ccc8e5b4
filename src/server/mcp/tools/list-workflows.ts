import * as z from 'zod/mini';
import { workflowsJson } from '../../../core/run-json.ts';
import { workflowsSchema } from '../../answer-schemas.ts';
import { repository } from '../parameters.ts';
import { defineTool, looks } from '../tool.ts';

export const listWorkflows = defineTool({
  name: 'list_workflows',
  title: 'List workflows',
  description: 'Lists the workflows that run_workflow can start in a repository, with what each is for.',
  input: z.strictObject({ repository }),
  output: workflowsSchema,
  hints: looks,
  async call({ repository: folder }, { supervisor, directory }) {
    const document = workflowsJson(await supervisor.workflows(folder ?? directory));
    const names = document.workflows.map(({ name }) => name);
    return { document, text: names.length === 0 ? 'No workflows.' : `Workflows: ${names.join(', ')}` };
  },
});
