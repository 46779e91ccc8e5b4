import type { Supervisor } from '../supervisor/supervisor.ts';
import type { FailureData } from './failure-data.ts';

/** What a window does not ask of a supervisor in a thread: the thread begins and ends the watching itself. */
type NotServed =
  | 'startWatching'
  | 'standIn'
  | 'onDidChange'
  | 'dispose'
  | 'settled'
  | 'actingAs'
  | 'principalOfKey'
  | 'principalOfRun';

type Method = {
  [Name in keyof Supervisor]: Supervisor[Name] extends (...parameters: never[]) => unknown ? Name : never;
};

export type Verb = Exclude<Method[keyof Supervisor], NotServed>;

/** The verbs as they are, each answered later. */
export type Verbs = {
  readonly [Name in Verb]: (
    ...parameters: Parameters<Supervisor[Name]>
  ) => Promise<Awaited<ReturnType<Supervisor[Name]>>>;
};

/** Every verb is served: a new one that is missing here does not compile. */
export const verbs: Readonly<Record<Verb, true>> = {
  repositoryOf: true,
  workflows: true,
  run: true,
  list: true,
  recent: true,
  status: true,
  attemptsOf: true,
  wait: true,
  logs: true,
  logBytes: true,
  outputFileOf: true,
  active: true,
  alerts: true,
  metrics: true,
  impactOf: true,
  childrenOf: true,
  kill: true,
  restart: true,
  checkpoint: true,
  checkpoints: true,
  restore: true,
  complete: true,
  extend: true,
  heartbeat: true,
  worktrees: true,
  cleanup: true,
  disk: true,
  keptWork: true,
  otherWorktrees: true,
  doctor: true,
  drill: true,
  snooze: true,
  webhook: true,
  setWebhook: true,
  removeWebhook: true,
  testWebhook: true,
  changesOf: true,
  fileAt: true,
  audit: true,
  verifyAudit: true,
  createKey: true,
  keys: true,
  revokeKey: true,
  ask: true,
  requests: true,
  answerRequest: true,
  redactAudit: true,
  reconcile: true,
  watcher: true,
  samples: true,
};

export type Answer =
  | { readonly value: unknown }
  /** A list so long that it is to be asked for in parts; it has a number until the last of them was. */
  | { readonly list: number }
  | { readonly failure: FailureData };

/** A message is taken apart at once, on the event loop of whoever receives it: a run takes about 0.03 ms. */
export const itemsAtOnce = 50;

export interface OpenRequest {
  readonly intervalMilliseconds: number;
  readonly mayLaunch: boolean;
  /** Of the daily pass over the worktrees; null for none. */
  readonly maxAgeHours: number | null;
}

/** What the window asks of the thread. */
export interface ThreadFunctions {
  open(request: OpenRequest): Promise<Answer>;
  ask(verb: Verb, parameters: readonly unknown[]): Promise<Answer>;
  /** The next items of a list; none when that was all. */
  more(list: number): readonly unknown[];
  isWatching(): boolean;
  setMayLaunch(mayLaunch: boolean): void;
  setMaxAgeHours(maxAgeHours: number | null): void;
  abort(signal: number): void;
  dispose(): Promise<void>;
}

/** What the thread tells the window. */
export interface WindowFunctions {
  changed(): void;
  failed(during: string, failure: FailureData): void;
  /** A function that stayed in the window is called. */
  called(id: number, parameters: readonly unknown[]): void;
}
