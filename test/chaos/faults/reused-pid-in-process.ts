// Runs in a pid namespace of its own (`unshare -Urpf --mount-proc`), where a number can be given out again at will. Its
// argument says when the numbers of a run are given to innocents; it answers with what became of them, as JSON.
import { execa } from 'execa';
import { existsSync, writeFileSync } from 'node:fs';
import type { KillReport } from '../../../src/core/kill-report.ts';
import type { Executor } from '../../../src/core/ports/executor.ts';
import type { Run } from '../../../src/core/run.ts';
import { eventually } from '../../support/eventually.ts';
import { temporaryRepository } from '../../support/temporary-repository.ts';
import { testSupervisor } from '../../support/test-supervisor.ts';
import { Bystander } from '../stage/bystanders.ts';

export interface Told {
  /** Numbers that the run had. */
  readonly numbers: readonly number[];
  /** Those that innocents have now, and what happened to them. */
  readonly innocents: readonly { readonly pid: number | undefined; readonly disturbance: string }[];
  readonly report: KillReport | null;
  readonly status: string;
}

const [when] = process.argv.slice(2);
const { stdout: perl } = await execa('which', ['perl']);
await using repository = await temporaryRepository();
await repository.defineWorkflows({ victim: { command: ['sleep', '600'] } });
await using innocents = new AsyncDisposableStack();
const gathered: Bystander[] = [];
let run: Run | null = null;

/** Sends the run's processes away, the wrapper last since it reaps the other, and gives their numbers to others, in sessions of the same number. */
async function giveNumbersAway({ process: processes }: Run): Promise<void> {
  if (processes === null || gathered.length > 0) return;
  const numbers = [processes.command.pid, processes.wrapper.pid];
  for (const pid of numbers) {
    if (existsSync(`/proc/${pid}`)) process.kill(pid, 'SIGKILL');
    await eventually(() => !existsSync(`/proc/${pid}`));
  }
  for (const pid of numbers) gathered.push(innocents.use(await startAt(pid)));
}

async function startAt(pid: number): Promise<Bystander> {
  for (let tries = 0; tries < 1_000; tries++) {
    writeFileSync('/proc/sys/kernel/ns_last_pid', String(pid - 1));
    const started = await Bystander.start(`innocent ${pid}`, perl, { detached: true });
    if (started.pid === pid) return started;
    await started[Symbol.asyncDispose]();
  }
  throw new Error(`${pid} could not be had`);
}

const betweenLookAndSignal = (executor: Executor): Executor =>
  new Proxy(executor, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value !== 'function') return value;
      return (...parameters: unknown[]): unknown => {
        const call = (): unknown => Reflect.apply(value, target, parameters) as unknown;
        return name === 'signal' && run !== null ? giveNumbersAway(run).then(call) : call();
      };
    },
  });

await using scope = await testSupervisor(repository, ({ executor }) =>
  when === 'between look and signal' ? { executor: betweenLookAndSignal(executor) } : {},
);
run = await scope.supervisor.run({ workflowName: 'victim', directory: repository.path, message: '' });
const { runId } = run;
if (when === 'while nobody looks') await giveNumbersAway(run);
const report = await scope.supervisor.kill(runId, { force: true }).catch(() => null);
const told: Told = {
  numbers: [run.process!.command.pid, run.process!.wrapper.pid],
  innocents: await Promise.all(
    gathered.map(async (innocent) => ({ pid: innocent.pid, disturbance: await innocent.disturbance() })),
  ),
  report,
  status: (await scope.supervisor.status(runId)).run.status,
};
console.log(JSON.stringify(told));
