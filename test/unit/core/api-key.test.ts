import { describe, expect, test } from 'vitest';
import { keyPartsOf, type KeyRequested, keyText, standingFor } from '../../../src/core/api-key.ts';

describe('what a key may be', () => {
  test.each<[Partial<KeyRequested>, string | null]>([
    [{ role: 'owner' }, null],
    [{ role: 'external' }, null],
    [{ role: 'team_lead', team: ['ana'] }, null],
    [{ role: 'automation', verbs: ['run', 'kill'], workflows: ['b*'] }, null],
    [{ role: 'king' }, '--role'],
    [{ role: 'run' }, '--role'],
    [{ role: 'team_lead' }, '--team'],
    [{ role: 'team_lead', team: ['ana', ''] }, '--team'],
    [{ role: 'admin', team: ['ana'] }, '--team'],
    [{ role: 'admin', verbs: ['kill'] }, '--role'],
    [{ role: 'automation' }, '--verbs'],
    [{ role: 'automation', verbs: ['kill', 'keys'] }, '--verbs'],
    [{ role: 'automation', verbs: ['answer'] }, '--verbs'],
    [{ role: 'automation', verbs: ['kill'], workflows: [''] }, '--workflows'],
    [{ role: 'admin', name: '' }, '--name'],
    [{ role: 'admin', name: '\u001b[2J' }, '--name'],
    [{ role: 'admin', name: 'x'.repeat(65) }, '--name'],
  ])('%j', (requested, wrong) => {
    const found = standingFor({ role: '', name: 'ci', ...requested });
    expect('problem' in found ? found.problem.argument : null).toBe(wrong);
  });
});

test('a key is taken apart as it was put together, and nothing else is one', () => {
  const secret = `${'aB3_-'.repeat(8)}xyz`;
  expect(keyPartsOf(keyText('0123456789ab', secret))).toEqual({ id: '0123456789ab', secret });
  const others = ['', 'warden_', `warden_0123456789ab_${secret}x`, `warden_0123456789AB_${secret}`, ` ${secret}`];
  for (const other of others) expect(keyPartsOf(other)).toBeNull();
});
