import { type RunJson, runJson } from '../../core/run-json.ts';
import type { RunReport } from '../../supervisor/supervisor.ts';
import type { ToolAnswer } from './tool.ts';

export function runAnswer({ run, ...facts }: RunReport): ToolAnswer<RunJson> {
  const document = runJson(run, facts);
  return { document, text: runLine(document) };
}

/** E.g. `run_5fbae44ab6f0 (builder) failed: the command ended with exit code 3`. */
export function runLine(run: Pick<RunJson, 'run_id' | 'workflow_name' | 'status' | 'reason'>): string {
  return `${run.run_id} (${run.workflow_name}) ${run.status}${run.reason === null ? '' : `: ${run.reason}`}`;
}
