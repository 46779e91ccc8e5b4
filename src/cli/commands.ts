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

/** Every verb, in the order in which one meets them. */
export const commands: readonly Command[] = [
  run,
  list,
  status,
  logs,
  wait,
  kill,
  requests,
  restart,
  complete,
  extend,
  worktrees,
  cleanup,
  checkpoint,
  restore,
  critical,
  heartbeat,
  watch,
  serve,
  mcp,
  webhook,
  key,
  samples,
  audit,
  doctor,
  completion,
];
