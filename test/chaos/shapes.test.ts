import { describe, test } from 'vitest';
import { gitAtWork } from './shapes/git-at-work.ts';
import { ordinary } from './shapes/ordinary.ts';
import { runaways } from './shapes/runaways.ts';
import { storms } from './shapes/storms.ts';
import { isLong, randomFor, rounds, seed } from './stage/form.ts';
import { lacking } from './stage/needs.ts';
import { expectGone, putOnStage } from './stage/shape-on-stage.ts';
import { setTimeout as sleep } from 'node:timers/promises';

const kinds = ['forced', 'patient'] as const;

describe.skipIf(process.platform !== 'linux')(`chaos, seed ${seed}`, () => {
  for (const shape of [...ordinary, ...runaways, ...storms, ...gitAtWork]) {
    // The short form tries one kind of each shape, another time the other.
    for (const kind of isLong ? kinds : [randomFor(shape.name).oneOf(kinds)]) {
      test.for(Array.from({ length: rounds }, (_, index) => index + 1))(
        `${shape.name}: nobody survives a ${kind} kill (round %i)`,
        async (round, { skip }) => {
          const lack = shape.needs === undefined ? null : await lacking(shape.needs);
          if (lack !== null) skip(lack);
          await using stage = await putOnStage(shape);
          await sleep(randomFor(`${shape.name} ${kind} ${round}`).below(50));
          await expectGone(stage, shape, { force: kind === 'forced' });
        },
      );
    }
  }
});
