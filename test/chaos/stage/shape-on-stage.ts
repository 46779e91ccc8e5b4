import { expect } from 'vitest';
import path from 'node:path';
import type { KillReport } from '../../../src/core/kill-report.ts';
import type { Run } from '../../../src/core/run.ts';
import type { KillOptions } from '../../../src/supervisor/kill.ts';
import type { Supervisor } from '../../../src/supervisor/supervisor.ts';
import type { Ports } from '../../../src/supervisor/world.ts';
import { eventually } from '../../support/eventually.ts';
import { temporaryRepository, type TemporaryRepository } from '../../support/temporary-repository.ts';
import { testSupervisor } from '../../support/test-supervisor.ts';
import { expectInvariants } from '../invariants.ts';
import type { Shape } from '../shapes/shape.ts';
import { Bystanders } from './bystanders.ts';
import { keepChronicle } from './chronicle.ts';
import { quickStages } from './quick-stages.ts';
import { Lifeline } from './lifeline.ts';
import { isAlive, allProcesses, type SeenProcess } from './proc.ts';

/** A shape that stands, as a run of the real supervisor, among bystanders. */
export interface ShapeOnStage extends AsyncDisposable {
  readonly repository: TemporaryRepository;
  readonly supervisor: Supervisor;
  readonly run: Run;
  /** Who was seen to be of it, from outside, when it stood. */
  readonly seen: readonly SeenProcess[];
  readonly lifeline: Lifeline;
  readonly bystanders: Bystanders;
}

/** @param fault replaces ports of the supervisor by ones that fail in some way */
export async function putOnStage(shape: Shape, fault?: (ports: Ports) => Partial<Ports>): Promise<ShapeOnStage> {
  await using stack = new AsyncDisposableStack();
  const repository = stack.use(await temporaryRepository());
  const lifeline = stack.use(await Lifeline.make(path.dirname(repository.path)));
  await shape.prepare?.(repository);
  await repository.defineWorkflows({
    shape: { command: shape.command, env: { LIFELINE: lifeline.file }, kill: quickStages },
  });
  const scope = stack.use(await testSupervisor(repository, fault));
  keepChronicle(repository.stateFolder);
  const { supervisor } = scope;
  const run = await supervisor.run({ workflowName: 'shape', directory: repository.path, message: '' });
  const bystanders = stack.use(
    await Bystanders.gather(path.dirname(repository.path), run.runId, run.worktree?.path ?? repository.path),
  );
  const seen = await stand(shape, lifeline);
  const owned = stack.move();
  return {
    repository,
    supervisor,
    run,
    seen,
    lifeline,
    bystanders,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

async function stand(shape: Shape, lifeline: Lifeline): Promise<readonly SeenProcess[]> {
  await eventually(() => {
    const missing = [...shape.marks];
    for (const mark of lifeline.marks()) {
      const index = missing.indexOf(mark);
      if (index >= 0) missing.splice(index, 1);
    }
    return missing.length === 0;
  });
  lifeline.letGo();
  return eventually(() => {
    const holders = lifeline.holders();
    return holders.length > 0 && (shape.stands?.(holders) ?? true) ? holders : null;
  });
}

/** Kills it, and looks from outside whether what the supervisor says is so. */
export async function expectGone(stage: ShapeOnStage, shape: Shape, options: KillOptions): Promise<KillReport> {
  const { supervisor, run, lifeline, repository, bystanders, seen } = stage;
  const report = await supervisor.kill(run.runId, options);
  const isHeld = lifeline.isHeld();
  expect(isHeld ? lifeline.holders() : [], 'who is left').toEqual([]);
  expect(isHeld, 'somebody is left').toBe(false);
  expect(seen.filter(isAlive), 'those who were seen before').toEqual([]);
  const sessions = new Set(seen.map(({ sessionId }) => sessionId));
  const inSession = allProcesses().filter((process) => sessions.has(process.sessionId));
  expect(inSession, 'who is in a session of theirs').toEqual([]);
  expect(report).toMatchObject({ success: true, survivors: [] });
  expect((await supervisor.status(run.runId)).run.status).toBe(report.method === 'system' ? 'killed' : 'terminated');
  await shape.afterwards?.(repository);
  await expectInvariants({ repository, supervisor, bystanders, acknowledged: { runs: [run], reports: [report] } });
  return report;
}
