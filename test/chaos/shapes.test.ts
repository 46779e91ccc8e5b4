import { describe, test } from 'vitest';
import { gitAtWork } from './shapes/git-at-work.ts';
import { ordinary } from './shapes/ordinary.ts';
import { runaways } from './shapes/runaways.ts';
import { storms } from './shapes/storms.ts';
import { isLong, randomFor, rounds, seed } from './stage/form.ts';
import { lacking } from './stage/needs.ts';
import { expectGone, putOnStage } from './stage/shape-on-stage.ts';
import { setTimeout as sleep } from 'node:timers/promises';

/** The short form does not wait for the phases: what it is after is that nobody is left. */
const kinds = isLong ? (['forced', 'patient'] as const) : (['forced'] as const);

describe.skipIf(process.platform !== 'linux')(`chaos, seed ${seed}`, () => {
  for (const shape of [...ordinary, ...runaways, ...storms, ...gitAtWork]) {
    for (const kind of kinds) {
      for (let round = 1; round <= rounds; round++) {
        const name = `${shape.name}: nobody survives a ${kind} kill (round ${round})`;
        test(name, { timeout: 60_000 }, async ({ skip }) => {
          const lack = shape.needs === undefined ? null : await lacking(shape.needs);
          if (lack !== null) skip(lack);
          await using stage = await putOnStage(shape);
          await sleep(randomFor(name).below(50));
          await expectGone(stage, shape, { force: kind === 'forced' });
        });
      }
    }
  }
});
