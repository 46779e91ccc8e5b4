import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ProcessIdentity } from '../core/process-identity.ts';
import type { RunId } from '../core/run-id.ts';
import { controlGroupOf } from './control-group.ts';
import { callByDbus } from './dbus-call.ts';

/** How long a launch waits for a manager that does not answer; then it goes on without. */
const patienceMilliseconds = 500;

/** The scope of a run: a control group with this name is the run's own, and no other is. */
export const scopeName = (runId: RunId): string => `warden-${runId}.scope`;

/** @returns whether the folder is that of the run's own scope */
export const isScopeOf = (runId: RunId, folder: string): boolean => path.posix.basename(folder) === scopeName(runId);

/**
 * Puts processes that wait for their start into a scope of their own with the user's systemd, by StartTransientUnit with
 * the property PIDs (org.freedesktop.systemd1(5)), as `systemd-run --user --scope` does for itself. Nothing changes for
 * them but the control group: not their parent, environment, arguments or descriptors.
 *
 * Only where we live under that manager ourselves: what a login session started outlives the session (logind.conf(5),
 * KillUserProcesses), what the user's manager runs ends with it, and a run must not end sooner than without us.
 *
 * `Delegate` lets the run have groups of its own below, and keeps the scope going when the kernel has to kill one of its
 * processes for memory (systemd.service(5), OOMPolicy). `CollectMode` lets no failed scope lie about.
 * @returns the scope's control group, once all of them were found in it; null when it could not be had
 */
export async function encloseInScope(runId: RunId, processes: readonly ProcessIdentity[]): Promise<string | null> {
  const runtimeFolder = process.env['XDG_RUNTIME_DIR'];
  if (runtimeFolder === undefined || !(await canEncloseInScope())) return null;
  const patience = AbortSignal.timeout(patienceMilliseconds);
  try {
    const pids = processes.map(({ pid }) => pid);
    const call = {
      destination: 'org.freedesktop.systemd1',
      path: '/org/freedesktop/systemd1',
      interface: 'org.freedesktop.systemd1.Manager',
      member: 'StartTransientUnit',
      parameters: [
        { type: 's', value: scopeName(runId) },
        { type: 's', value: 'fail' },
        {
          type: 'a(sv)',
          value: [
            ['Description', { type: 's', value: `Workflow Warden ${runId}` }],
            ['PIDs', { type: 'au', value: pids }],
            ['Delegate', { type: 'b', value: true }],
            ['CollectMode', { type: 's', value: 'inactive-or-failed' }],
          ],
        },
        { type: 'a(sa(sv))' },
      ],
    } as const;
    if (!(await callByDbus(path.join(runtimeFolder, 'systemd', 'private'), call, patience))) return null;
    return await scopeAround(runId, pids, patience);
  } catch {
    return null;
  }
}

/** Whether there is a manager that a scope can be asked of. */
export async function canEncloseInScope(): Promise<boolean> {
  return process.env['XDG_RUNTIME_DIR'] !== undefined && (await livesUnderUserManager());
}

async function livesUnderUserManager(): Promise<boolean> {
  const own = await controlGroupOf('self');
  return own !== null && own.includes(`/user@${process.getuid?.() ?? 0}.service/`);
}

/** The manager answers before it has moved them. */
async function scopeAround(runId: RunId, pids: readonly number[], patience: AbortSignal): Promise<string | null> {
  for (;;) {
    const groups = new Set(await Promise.all(pids.map((pid) => controlGroupOf(pid))));
    const [group = null] = groups;
    if (groups.size === 1 && group !== null && isScopeOf(runId, group)) return group;
    await sleep(2, undefined, { signal: patience });
  }
}
