import { randomBytes } from 'node:crypto';
import { userInfo } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock } from './core/ports/clock.ts';
import type { Diagnostics } from './core/ports/diagnostics.ts';
import type { Actor } from './core/run.ts';
import { myTurn } from './event-loop-turns.ts';
import { openLocalExecutor } from './processes/local-executor.ts';
import { systemMachine } from './processes/system-machine.ts';
import { openLastingStore } from './store/lasting-store.ts';
import { FileRunFolders } from './store/run-folders.ts';
import { StateFolderFiles } from './store/state-folder-files.ts';
import { secrets } from './store/secrets.ts';
import { databaseFile, stateFolder } from './store/state-folder.ts';
import { SystemTemporaryFolders } from './store/temporary-folders.ts';
import { WebhookFile } from './store/webhook-file.ts';
import { WorkflowFiles } from './store/workflow-files.ts';
import { Supervisor } from './supervisor/supervisor.ts';
import type { Ports } from './supervisor/world.ts';
import { HttpSender } from './webhook/http-sender.ts';
import { gitWorktrees } from './worktrees/git-worktrees.ts';
import { removeTree } from './worktrees/remove-tree.ts';

/** hrtime counts from the boot and stands still while the machine sleeps; all processes of a boot share it. */
const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => Number(process.hrtime.bigint() / 1_000n) / 1_000,
  turn: myTurn,
  sleep: async (milliseconds, signal) => {
    await sleep(milliseconds, undefined, signal === undefined ? {} : { signal });
  },
};

export interface OpenOptions {
  readonly face: Actor['face'];
  readonly diagnostics: Diagnostics;
  readonly environment?: NodeJS.ProcessEnv;
}

/** @throws WardenError see openDatabase, and cannot_look_at_processes */
export async function openSupervisor(options: OpenOptions): Promise<Supervisor> {
  return new Supervisor(await openPorts(options));
}

/** Wires the rooms together: the only place that knows all of them. */
export async function openPorts(options: OpenOptions): Promise<Ports> {
  const folder = stateFolder(options.environment ?? process.env);
  const executor = await openLocalExecutor(folder);
  const actor: Actor = { user: userInfo().username, face: options.face };
  const { diagnostics } = options;
  const store = await openLastingStore({
    file: databaseFile(folder),
    now: () => systemClock.now(),
    actor,
    diagnostics,
  });
  return {
    store,
    executor,
    worktrees: gitWorktrees(),
    folders: new FileRunFolders(folder),
    temporaryFolders: new SystemTemporaryFolders(folder, removeTree),
    stateFolder: new StateFolderFiles(folder),
    definitions: new WorkflowFiles(folder),
    webhookSettings: new WebhookFile(folder),
    webhookSender: new HttpSender(),
    clock: systemClock,
    diagnostics,
    actor,
    randomBytes,
    secrets,
    machine: systemMachine,
  };
}
