import type { Command } from './command.ts';
import { audit } from './commands/audit.ts';
import { checkpoint } from './commands/checkpoint.ts';
import { cleanup } from './commands/cleanup.ts';
import { complete } from './commands/complete.ts';
import { completion } from './commands/completion.ts';
import { doctor } from './commands/doctor.ts';
import { critical } from './commands/critical.ts';
import { extend } from './commands/extend.ts';
import { heartbeat } from './commands/heartbeat.ts';
import { key } from './commands/key.ts';
import { kill } from './commands/kill.ts';
import { list } from './commands/list.ts';
import { logs } from './commands/logs.ts';
import { mcp } from './commands/mcp.ts';
import { requests } from './commands/requests.ts';
import { restart } from './commands/restart.ts';
import { restore } from './commands/restore.ts';
import { run } from './commands/run.ts';
import { samples } from './commands/samples.ts';
import { serve } from './commands/serve.ts';
import { status } from './commands/status.ts';
import { wait } from './commands/wait.ts';
import { watch } from './commands/watch.ts';
import { webhook } from './commands/webhook.ts';
import { worktrees } from './commands/worktrees.ts';

export interface CommandGroup {
  readonly title: string;
  readonly commands: readonly Command[];
}

/** Every verb, in the order in which one meets them. */
export const commandGroups: readonly CommandGroup[] = [
  { title: 'Runs', commands: [run, list, status, logs, wait, kill, restart, complete, extend, requests, samples] },
  { title: 'Worktrees and the work in them', commands: [worktrees, cleanup, checkpoint, restore] },
  { title: 'Within a run', commands: [heartbeat, critical] },
  { title: 'Proof and repair', commands: [audit, doctor] },
  { title: 'For scripts, agents and shells', commands: [watch, serve, mcp, key, webhook, completion] },
];

export const commands: readonly Command[] = commandGroups.flatMap((group) => group.commands);
