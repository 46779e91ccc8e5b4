import { describe, expect, it } from 'vitest';
import { freePorts, type PortRange, portVariables } from '../../../src/core/port-range.ts';

const bounds = { first: 100, last: 109 };

describe('free ports', () => {
  it('are there for as many as fit between the bounds, wherever each begins to look', () => {
    for (let seed = 0; seed < 200; seed += 1) {
      const taken: PortRange[] = [];
      for (let asked = 0; asked < 5; asked += 1) taken.push(freePorts(bounds, 2, taken, seed * 7919 + asked * 104_729));
      expect(new Set(taken.map(({ first }) => first)).size).toBe(5);
    }
  });

  it.each<[string, number, [number, number][], number, number]>([
    ['begin anywhere between the bounds', 1, [], 0, 100],
    ['begin anywhere between the bounds', 1, [], 7, 107],
    ['begin anywhere between the bounds', 1, [], 17, 107],
    ['leave out what is taken', 2, [[100, 3]], 0, 104],
    ['leave out what overlaps', 2, [[101, 1]], 0, 102],
    [
      'fit into a gap where there is nothing better',
      2,
      [
        [100, 1],
        [103, 7],
      ],
      0,
      101,
    ],
    [
      'do not fit into a gap that is too small',
      3,
      [
        [100, 1],
        [103, 4],
      ],
      0,
      107,
    ],
    ['begin anew below where nothing is free above', 3, [[105, 5]], 8, 100],
    [
      'do not mind the order of what is taken',
      2,
      [
        [105, 5],
        [100, 1],
      ],
      0,
      102,
    ],
    [
      'do not mind what is taken outside',
      1,
      [
        [1, 5],
        [500, 5],
      ],
      0,
      100,
    ],
    ['may be all', 10, [], 5, 100],
  ])('%s', (_, count, taken, from, first) => {
    const ranges = taken.map(([start, length]) => ({ first: start, count: length }));
    expect(freePorts(bounds, count, ranges, from)).toEqual({ first, count });
  });

  it.each<[number, [number, number][]]>([
    [11, []],
    [1, [[100, 10]]],
    [
      2,
      [
        [101, 1],
        [109, 1],
        [103, 1],
        [105, 1],
        [107, 1],
      ],
    ],
  ])('are refused where %d in a row are not free', (count, taken) => {
    const ranges = taken.map(([start, length]) => ({ first: start, count: length }));
    expect(() => freePorts(bounds, count, ranges, 3)).toThrow(
      expect.objectContaining({ code: 'no_free_ports', facts: { count, first: 100, last: 109 } }),
    );
  });
});

it('tells the commands of a run its ports', () => {
  expect(portVariables(null)).toEqual({});
  expect(portVariables({ first: 20_000, count: 2 })).toEqual({
    WARDEN_PORT: '20000',
    WARDEN_PORT_COUNT: '2',
    WARDEN_PORT_1: '20000',
    WARDEN_PORT_2: '20001',
  });
});
