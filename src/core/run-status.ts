/** The states of a run. One list for the schema's CHECK, the command line, the API and the tree. */
export const runStatuses = [
  'pending',
  'running',
  'terminating',
  'completed',
  'failed',
  'terminated',
  'killed',
] as const;

export type RunStatus = (typeof runStatuses)[number];

const successors = {
  pending: ['running', 'failed', 'terminated'],
  // Back only where its command never began: its launcher died between writing this down and letting it go.
  running: ['pending', 'completed', 'failed', 'terminating'],
  terminating: ['terminated', 'killed'],
  completed: [],
  failed: [],
  terminated: [],
  killed: [],
} as const satisfies Record<RunStatus, readonly RunStatus[]>;

export type TerminalStatus = 'completed' | 'failed' | 'terminated' | 'killed';
export type ActiveStatus = Exclude<RunStatus, TerminalStatus>;

export function mayBecome(from: RunStatus, to: RunStatus): boolean {
  return (successors[from] as readonly RunStatus[]).includes(to);
}

/** A terminal status is written once and nothing late overwrites it. */
export function isTerminal(status: RunStatus): status is TerminalStatus {
  return successors[status].length === 0;
}

export const activeStatuses = runStatuses.filter((status): status is ActiveStatus => !isTerminal(status));

export function isRunStatus(text: string): text is RunStatus {
  return (runStatuses as readonly string[]).includes(text);
}
