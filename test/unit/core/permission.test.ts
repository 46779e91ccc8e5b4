import { describe, expect, test } from 'vitest';
import {
  actorOf,
  mayAskInstead,
  type Permission,
  permissions,
  type Principal,
  type Refusal,
  refusalOf,
  type Standing,
  type Target,
} from '../../../src/core/permission.ts';
import { isRunId, type RunId } from '../../../src/core/run-id.ts';

function id(digit: string): RunId {
  const runId = `run_${digit.repeat(12)}`;
  if (!isRunId(runId)) throw new Error(runId);
  return runId;
}

/** 1 started 2, 2 started 3, 3 started 4; 5 was started by a person, 6 by 1. */
const ancestors: Readonly<Record<string, string>> = { 1: '', 2: '1', 3: '21', 4: '321', 5: '', 6: '1' };

const target = (digit: string, owner = 'ana', workflowName = 'builder'): Target => ({
  kind: 'run',
  runId: id(digit),
  owner,
  workflowName,
  ancestors: Array.from(ancestors[digit] ?? '', id),
});
const all: Target = { kind: 'all' };
const workflow = (name: string): Target => ({ kind: 'workflow', name });

const as = (standing: Standing, user = 'ana'): Principal => ({ user, face: 'http', ...standing });
const owner = as({ role: 'owner' });
const admin = as({ role: 'admin' }, 'root');
const lead = as({ role: 'team_lead', team: ['ben', 'eva'] });
const robot = as({ role: 'automation', may: ['run', 'kill', 'keys', 'answer'], workflows: ['build*'] }, 'ci');
const cleaner = as({ role: 'automation', may: ['cleanup'], workflows: ['*'] }, 'ci');
const reader = as({ role: 'read_only' });
const stranger = as({ role: 'external' });
const run = (digit: string, isProved = true): Principal =>
  as({ role: 'run', runId: id(digit), ancestors: Array.from(ancestors[digit] ?? '', id), isProved });

const everything = permissions;
const reading: readonly Permission[] = ['status', 'read', 'audit'];
const changing = everything.filter((permission) => !reading.includes(permission));

describe('who may do what', () => {
  test.each<[string, Principal, readonly Permission[], Target, Refusal | null]>([
    ['the owner does everything with his own runs', owner, everything, target('5'), null],
    ['the owner does what concerns the whole', owner, everything, all, null],
    ['the owner reads the runs of others', owner, reading, target('5', 'ben'), null],
    ['the owner changes no runs of others', owner, changing, target('5', 'ben'), 'not_own_run'],
    ['an admin does everything', admin, everything, target('5', 'ben'), null],
    ['an admin does everything with the whole', admin, everything, all, null],
    ['a team lead ends runs of the team', lead, ['kill', 'restart', 'complete', 'answer'], target('5', 'ben'), null],
    ['a team lead ends his own runs', lead, ['kill', 'restart', 'complete'], target('5', 'ana'), null],
    ['a team lead reads all runs', lead, reading, target('5', 'zoe'), null],
    ['a team lead starts runs', lead, ['run'], workflow('builder'), null],
    ['a team lead ends no runs of others', lead, ['kill', 'restart', 'answer'], target('5', 'zoe'), 'not_in_team'],
    ['a team lead makes no keys', lead, ['keys', 'settings', 'cleanup', 'repair'], all, 'not_for_this_role'],
    ['automation does what its policy says', robot, ['kill'], target('5', 'ben', 'builder'), null],
    ['automation starts what its policy says', robot, ['run'], workflow('build-docs'), null],
    ['automation reads', robot, reading, target('5', 'ben', 'lina'), null],
    ['automation ends no other workflows', robot, ['kill'], target('5', 'ben', 'lina'), 'not_in_policy'],
    ['automation starts no other workflows', robot, ['run'], workflow('rebuild'), 'not_in_policy'],
    ['automation does nothing else', robot, ['restart', 'complete', 'extend'], target('5'), 'not_in_policy'],
    ['automation makes no keys, whatever its policy says', robot, ['keys'], all, 'not_for_this_role'],
    ['automation answers nobody, whatever its policy says', robot, ['answer'], target('5'), 'not_for_this_role'],
    ['automation for some workflows does not clean up all', robot, ['cleanup'], all, 'not_in_policy'],
    ['automation for all workflows cleans up', cleaner, ['cleanup'], all, null],
    ['who only reads reads', reader, reading, target('5', 'ben'), null],
    ['who only reads changes nothing', reader, changing, target('5'), 'may_only_read'],
    ['a stranger sees the status', stranger, ['status'], target('5'), null],
    [
      'a stranger sees nothing else',
      stranger,
      everything.filter((one) => one !== 'status'),
      target('5'),
      'may_only_see_status',
    ],
    ['a run reads all', run('3'), reading, target('5', 'ben'), null],
    ['a run starts runs', run('3'), ['run'], workflow('builder'), null],
    ['a run ends what it has started', run('3'), ['kill', 'restart', 'complete'], target('4'), null],
    ['a run ends what those have started', run('1'), ['kill', 'restart'], target('4'), null],
    ['a run does not end itself', run('3'), ['kill', 'restart', 'complete', 'extend'], target('3'), 'itself'],
    ['a run keeps its own work', run('3'), ['checkpoint', 'heartbeat'], target('3'), null],
    ['a run does not end whoever started it', run('3'), ['kill', 'restart', 'complete'], target('2'), 'ancestor'],
    ['a run does not end whoever began it all', run('4'), ['kill', 'restart'], target('1'), 'ancestor'],
    ['a run does not end its siblings', run('2'), ['kill', 'restart'], target('6'), 'not_descendant'],
    ['a run does not end what is not its own', run('3'), ['kill', 'restart'], target('5'), 'not_descendant'],
    ['a run asks for the end of any', run('3'), ['ask'], target('5'), null],
    ['a run asks for its own end', run('3'), ['ask'], target('3'), null],
    ['a run answers nobody', run('3'), ['answer'], target('4'), 'not_for_this_role'],
    [
      'a run does nothing with the whole',
      run('3'),
      ['keys', 'settings', 'cleanup', 'repair'],
      all,
      'not_for_this_role',
    ],
    ['a run lives for nobody else', run('3'), ['heartbeat'], target('4'), 'not_for_this_role'],
    ['who says that he is a run reads', run('3', false), reading, target('5'), null],
    ['who says that he is a run ends nothing', run('3', false), ['kill', 'run', 'ask'], target('4'), 'not_proved'],
  ])('%s', (_, principal, asked, what, expected) => {
    for (const permission of asked) {
      expect([permission, refusalOf(principal, permission, what)]).toEqual([permission, expected]);
    }
  });

  test('a run that may not kill may ask for it, and nobody else has to', () => {
    expect(mayAskInstead(run('3'), 'kill', target('3'))).toBe(true);
    expect(mayAskInstead(run('3'), 'kill', target('5'))).toBe(true);
    expect(mayAskInstead(run('3'), 'complete', target('5'))).toBe(false);
    expect(mayAskInstead(run('3', false), 'kill', target('5'))).toBe(false);
    expect(mayAskInstead(reader, 'kill', target('5'))).toBe(false);
  });

  test('whoever acts is written down with his role, unless he is the user himself', () => {
    expect(actorOf(owner)).toEqual({ user: 'ana', face: 'http' });
    expect(actorOf(robot)).toEqual({ user: 'ci', face: 'http', role: 'automation' });
    expect(actorOf(run('3'))).toEqual({ user: 'ana', face: 'http', role: 'run', runId: id('3') });
  });
});
