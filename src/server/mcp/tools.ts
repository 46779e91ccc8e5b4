import type { Tool } from './tool.ts';
import { cleanupWorktrees } from './tools/cleanup-worktrees.ts';
import { forceCompleteWorkflow } from './tools/force-complete-workflow.ts';
import { getRunLog } from './tools/get-run-log.ts';
import { getWorkflowStatus } from './tools/get-workflow-status.ts';
import { killWorkflow } from './tools/kill-workflow.ts';
import { listRunsByTimeRange } from './tools/list-runs-by-time-range.ts';
import { listWorkflows } from './tools/list-workflows.ts';
import { restartWorkflow } from './tools/restart-workflow.ts';
import { runWorkflow } from './tools/run-workflow.ts';

export const tools: readonly Tool[] = [
  listWorkflows,
  runWorkflow,
  getWorkflowStatus,
  listRunsByTimeRange,
  getRunLog,
  killWorkflow,
  restartWorkflow,
  forceCompleteWorkflow,
  cleanupWorktrees,
];
