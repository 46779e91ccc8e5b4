import { describe, expect, test } from 'vitest';
import { argumentsWithoutSecrets, factsWithoutSecrets, withoutSecrets } from '../../../src/core/redact-secrets.ts';

// Put together here, so that nobody who looks for secrets finds one in this file.
const made = {
  openai: `sk-${'a1B2'.repeat(6)}`,
  anthropic: `sk-ant-api03-${'xY9_'.repeat(6)}`,
  github: `ghp_${'A1b2'.repeat(9)}`,
  finegrained: `github_pat_${'A1b2_'.repeat(8)}`,
  aws: `AKIA${'ABCD1234'.repeat(2)}`,
  slack: `xoxb-${'1234567890'.repeat(2)}-abc`,
  google: `AIza${'aB3_'.repeat(9)}`,
  warden: `warden_0123456789ab_${'aB3_'.repeat(10)}xyz`,
  jwt: `eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.${'aB3_'.repeat(8)}`,
};

describe('a text loses', () => {
  test.for(Object.entries(made))('what is a token of %s', ([, token]) => {
    expect(withoutSecrets(`use ${token}, please`)).toBe('use [secret], please');
    expect(withoutSecrets(token)).toBe('[secret]');
  });

  test.for([
    ['--token=abc', '--token=[secret]'],
    ['--api-key=abc --verbose', '--api-key=[secret] --verbose'],
    ['--password hunter2 --verbose', '--password [secret] --verbose'],
    ['GITHUB_TOKEN=abc npm test', 'GITHUB_TOKEN=[secret] npm test'],
    ['why: token=abc leaked', 'why: token=[secret] leaked'],
    ['env:CI=1,url=x?token=abc', 'env:CI=1,url=x?token=[secret]'],
    ['{"env":{"NPM_TOKEN":"abc"}}', '{"env":{"NPM_TOKEN":[secret]}}'],
    ['export DB_PASSWORD="a b c"; run', 'export DB_PASSWORD=[secret]; run'],
    ['AWS_SECRET_ACCESS_KEY=abc', 'AWS_SECRET_ACCESS_KEY=[secret]'],
    ['{"password":"abc","user":"x"}', '{"password":[secret],"user":"x"}'],
    ['https://me:hunter2@example.org/x', 'https://me:[secret]@example.org/x'],
    ['postgres://:hunter2@db/x', 'postgres://:[secret]@db/x'],
    [`https://${'a1'.repeat(12)}@example.org/x`, 'https://[secret]@example.org/x'],
    ['https://example.org/?token=abc&x=1', 'https://example.org/?token=[secret]&x=1'],
    ['Authorization: Bearer abcdefgh12345', 'Authorization: Bearer [secret]'],
    ['-----BEGIN RSA PRIVATE KEY-----\nabc\n-----END RSA PRIVATE KEY----- x', '[secret] x'],
    ['-----BEGIN PRIVATE KEY-----\nabc', '[secret]'],
    [`as run_0123456789ab.${'aB3-'.repeat(10)}xyz it`, 'as run_0123456789ab.[secret] it'],
  ])('%s', ([text, expected]) => {
    expect(withoutSecrets(text!)).toBe(expected);
  });

  test.for([
    'Fix the tests of the token parser',
    'it repeats the same step: npm test',
    '/home/dev/project.worktrees/builder-010203040506',
    'refs/warden/checkpoints/run_010203040506/1',
    '/home/dev/.local/state/warden/runs/run_010203040506.damaged',
    'c0ffee00c0ffee00c0ffee00c0ffee00c0ffee00',
    'https://example.org:8080/path?x=1',
    'git@github.com:owner/name.git',
    'monkey=1 --keyboard=de',
  ])('nothing: %s', (text) => {
    expect(withoutSecrets(text)).toBe(text);
  });
});

test('a text that names thousands of things is read once', () => {
  const begun = performance.now();
  const text = 'a:b="c '.repeat(10_000);
  expect(withoutSecrets(text)).toBe(text);
  expect(performance.now() - begun).toBeLessThan(1_000);
});

test('the value of an option may be the next word', () => {
  expect(argumentsWithoutSecrets(['mysql', '-p', 'hunter2', '--token', 'abc', '--auth', '--force', 'x'])).toEqual([
    'mysql',
    '-p',
    '[secret]',
    '--token',
    '[secret]',
    '--auth',
    '--force',
    'x',
  ]);
  // An agent's own `-p` takes what it is asked to do.
  expect(argumentsWithoutSecrets(['claude', '-p', 'Fix the tests'])).toEqual(['claude', '-p', 'Fix the tests']);
});

test('the facts of an entry lose them at any depth', () => {
  const facts = {
    apiKey: 'abc',
    token: '',
    count: 3,
    list: [{ password: 'x' }],
    env: { NPM_TOKEN: 'x', PATH: '/bin' },
  };
  expect(factsWithoutSecrets(facts)).toEqual({
    apiKey: '[secret]',
    token: '',
    count: 3,
    list: [{ password: '[secret]' }],
    env: { NPM_TOKEN: '[secret]', PATH: '/bin' },
  });
});
