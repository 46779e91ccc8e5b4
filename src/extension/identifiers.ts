/** The commands, as package.json contributes them. */
export const commands = {
  startRun: 'warden.startRun',
  killRun: 'warden.killRun',
  killRuns: 'warden.killRuns',
  forceKillRun: 'warden.forceKillRun',
  forceNow: 'warden.forceNow',
  restartRun: 'warden.restartRun',
  restoreRun: 'warden.restoreRun',
  completeRun: 'warden.completeRun',
  openLog: 'warden.openLog',
  showAudit: 'warden.showAudit',
  openWorktree: 'warden.openWorktree',
  reviewChanges: 'warden.reviewChanges',
  snoozeRun: 'warden.snoozeRun',
  extendRun: 'warden.extendRun',
  cleanupWorktrees: 'warden.cleanupWorktrees',
  checkpointWorktree: 'warden.checkpointWorktree',
  removeWorktree: 'warden.removeWorktree',
  createWorkflows: 'warden.createWorkflows',
  setWebhook: 'warden.setWebhook',
  doctor: 'warden.doctor',
  drill: 'warden.drill',
  refresh: 'warden.refresh',
} as const;

export const views = { runs: 'warden.runs', worktrees: 'warden.worktrees' } as const;

/** Shows the runs; VS Code contributes one such command for each view. */
export const focusRuns = `${views.runs}.focus`;

export const settings = {
  watchIntervalSeconds: 'warden.watchIntervalSeconds',
  cleanupMaxAgeHours: 'warden.cleanup.maxAgeHours',
  cleanupDaily: 'warden.cleanup.daily',
  mcpEnabled: 'warden.mcp.enabled',
  stuckNotifications: 'warden.notifications.stuck',
  waitingNotifications: 'warden.notifications.waiting',
  limitNotifications: 'warden.notifications.limits',
  failedNotifications: 'warden.notifications.failed',
  killedNotifications: 'warden.notifications.killed',
  serverPort: 'warden.server.port',
} as const;

export const contextKeys = { state: 'warden.state' } as const;

/** What the empty tree of runs has to say: the values of `contextKeys.state`. */
export const states = ['failed', 'noFolder', 'noRepository', 'noWorkflows', 'invalidWorkflows', 'ready'] as const;

export type State = (typeof states)[number];

/** What can be done with an item of the tree of runs: the words of its `contextValue`, which the menus ask for. */
export const runWords = [
  'killable',
  'forceKillable',
  'hurriable',
  'restartable',
  'restorable',
  'completable',
  'logged',
  'worktree',
  'snoozable',
  'extendable',
] as const;

export type RunWord = (typeof runWords)[number];

/** The MCP servers that are offered to VS Code, as package.json contributes them. */
export const mcpServers = 'warden.mcp';

/** Documents that hold what was done with a run. */
export const auditScheme = 'warden-audit';

/** Documents that hold a file as it was where a run started. */
export const baseScheme = 'warden-base';
