import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nearestNames } from '../../../src/core/nearest-names.ts';

describe('the names nearest to one that was not found', () => {
  it.each<[string, string[], string[]]>([
    ['buidler', ['builder', 'brain', 'lina'], ['builder']],
    ['BUILDER', ['builder'], ['builder']],
    ['build', ['builder', 'rebuild', 'lina'], ['builder', 'rebuild']],
    ['lin', ['lina', 'line', 'link', 'linz'], ['lina', 'line', 'link']],
    ['run_5fb', ['run_5fbae44ab6f0', 'run_000000000000'], ['run_5fbae44ab6f0']],
    ['run_5fbae44ab6f1', ['run_000000000000', 'run_5fbae44ab6f0'], ['run_5fbae44ab6f0']],
    ['deploy', ['builder', 'brain', 'lina'], []],
    ['ab', ['xy', 'ax'], ['ax']],
    ['builder', [], []],
  ])('%s among %j are %j', (name, known, expected) => {
    expect(nearestNames(name, known)).toEqual(expected);
  });

  it('are known, three at most, and begin with the very one where there is one', () => {
    const name = fc.string({ maxLength: 8 });
    fc.assert(
      fc.property(name, fc.uniqueArray(name, { maxLength: 8 }), (wanted, known) => {
        const nearest = nearestNames(wanted, known);
        expect(nearest.filter((one) => !known.includes(one))).toEqual([]);
        expect(nearest.length).toBeLessThanOrEqual(3);
        if (known.includes(wanted)) expect(nearest[0]?.toLowerCase()).toBe(wanted.toLowerCase());
      }),
    );
  });
});
