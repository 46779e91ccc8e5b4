import { describe, expect, it } from 'vitest';
import { parseWorkflowFile } from '../../../src/core/workflow-file.ts';
import type { Workflow } from '../../../src/core/workflow.ts';

/** The workflows of a text that is expected to be valid. */
function workflowsIn(text: string): Map<string, Workflow> {
  const result = parseWorkflowFile('workflows.json', text);
  expect(result).toMatchObject({ ok: true });
  return result.ok ? result.workflows : new Map();
}

/** `line:column key: problem` of each problem. */
function problemsIn(text: string): string[] {
  const result = parseWorkflowFile('workflows.json', text);
  if (result.ok) return [];
  return result.problems.map(({ line, column, key, problem }) => `${line}:${column} ${key}: ${problem}`);
}

/** A file with one workflow of these lines, which begin at line 4 and column 1. */
function withLines(...lines: string[]): string {
  return ['{', '"workflows": {', '"builder": {', ...lines, '}', '}', '}'].join('\n');
}

describe('a definitions file', () => {
  it('may hold comments and trailing commas, Windows line ends and a byte order mark', () => {
    const text = `\uFEFF{
      // Who builds.
      "workflows": {
        "builder": { "command": ["claude", "-p", "\${message}",], /* not yet */ },
      },
    }`.replaceAll('\n', '\r\n');
    expect([...workflowsIn(text).keys()]).toEqual(['builder']);
  });

  it('may say nothing but the command: the rest are the documented defaults', () => {
    expect(workflowsIn(withLines('"command": ["claude"]')).get('builder')).toEqual({
      name: 'builder',
      description: null,
      command: ['claude'],
      env: {},
      include: [],
      setup: null,
      setupTimeoutMinutes: 15,
      teardown: null,
      teardownTimeoutSeconds: 60,
      initializationTimeoutMinutes: 30,
      timeoutMinutes: 60,
      stuckAfterMinutes: 5,
      onStuck: 'notify',
      onTimeout: 'kill',
      limits: { memoryBytes: null, cpuPercent: null, processes: null },
      onLimit: 'notify',
      checkpointMinutes: null,
      ports: 0,
      portBounds: { first: 20_000, last: 29_999 },
      persistent: false,
      cleanup: null,
      retry: null,
      kill: { wait: 30_000, graceful: 5_000, forced: 5_000 },
      maxConcurrentRuns: null,
    });
  });

  it('may say everything, minutes in fractions too', () => {
    const written = {
      description: 'Builds',
      command: ['claude', '${message}'],
      env: { LEVEL: '3' },
      include: ['.env'],
      setup: ['npm', 'ci'],
      setupTimeoutMinutes: 5,
      teardown: ['docker', 'compose', 'down'],
      teardownTimeoutSeconds: 30,
      checkpointMinutes: 2.5,
      initializationTimeoutMinutes: 0.5,
      timeoutMinutes: 90,
      stuckAfterMinutes: 0.25,
      onStuck: 'restart',
      onTimeout: 'restart',
      limits: { memoryMegabytes: 4000, cpuPercent: 200, processes: 100 },
      onLimit: 'kill',
      ports: 3,
      persistent: true,
      cleanup: 'whenClean',
      retry: { attempts: 2 },
      kill: { waitSeconds: 60, gracefulSeconds: 10, forcedSeconds: 0.5 },
    };
    const text = JSON.stringify({
      $schema: 'x',
      maxConcurrentRuns: 4,
      portRange: { first: 3000, last: 3009 },
      workflows: { other: written },
    });
    const retry = { attempts: 2, backoffSeconds: 30 };
    const limits = { memoryBytes: 4_000_000_000, cpuPercent: 200, processes: 100 };
    const kill = { wait: 60_000, graceful: 10_000, forced: 500 };
    expect(workflowsIn(text).get('other')).toEqual({
      name: 'other',
      maxConcurrentRuns: 4,
      portBounds: { first: 3000, last: 3009 },
      ...written,
      retry,
      kill,
      limits,
    });
  });

  it.each([
    ['builder', 60],
    ['lina', 40],
    ['brain', 40],
    ['anybody-else', 30],
    ['constructor', 30],
  ])('gives %s %d minutes unless it says otherwise', (name, minutes) => {
    const written = (workflow: object) => JSON.stringify({ workflows: { [name]: { command: ['x'], ...workflow } } });
    expect(workflowsIn(written({})).get(name)?.timeoutMinutes).toBe(minutes);
    expect(workflowsIn(written({ timeoutMinutes: 7 })).get(name)?.timeoutMinutes).toBe(7);
  });

  it.each<[string, object, number]>([
    ['for a run that may say nothing for longer', { initializationTimeoutMinutes: 45 }, 45],
    ['for a run that may stand still for longer', { stuckAfterMinutes: 90 }, 90],
    ['which it keeps where the others are shorter', { initializationTimeoutMinutes: 1, stuckAfterMinutes: 2 }, 30],
    ['but what is written is kept, and the others stay as they are', { timeoutMinutes: 2 }, 2],
  ])('makes room in the default time limit %s', (_, limits, expected) => {
    const text = JSON.stringify({ workflows: { other: { command: ['x'], ...limits } } });
    expect(workflowsIn(text).get('other')?.timeoutMinutes).toBe(expected);
  });

  it('may set a budget for worktrees, in GB', () => {
    const read = (text: string) => parseWorkflowFile('file', text);
    expect(read('{ "workflows": {} }')).toMatchObject({ worktreeBudgetBytes: null });
    expect(read('{ "worktreeBudgetGigabytes": 0.5, "workflows": {} }')).toMatchObject({ worktreeBudgetBytes: 5e8 });
    expect(read('{ "worktreeBudgetGigabytes": 0, "workflows": {} }')).toMatchObject({
      problems: [{ key: 'worktreeBudgetGigabytes' }],
    });
  });

  it('may say how long runs are kept, in days', () => {
    const read = (text: string) => parseWorkflowFile('file', text);
    expect(read('{ "workflows": {} }')).toMatchObject({ keepRunsDays: null });
    expect(read('{ "keepRunsDays": 90, "workflows": {} }')).toMatchObject({ keepRunsDays: 90 });
    expect(read('{ "keepRunsDays": 0.5, "workflows": {} }')).toMatchObject({ problems: [{ key: 'keepRunsDays' }] });
  });

  it('may define no workflow at all', () => {
    expect(workflowsIn('{ "workflows": {} }').size).toBe(0);
  });
});

describe('a problem of a definitions file is told at its line and column, with its key and what would be right', () => {
  it.each<[string, string, string[]]>([
    ['nothing in it', '', ['1:1 : the file is empty']],
    ['only comments in it', '// later\n', ['1:1 : the file is empty']],
    ['a missing colon', '{\n  "workflows" {}\n}', ['2:15 : not valid JSON: colon expected']],
    ['an unclosed string', '{ "workflows', ['1:3 : not valid JSON: unexpected end of string']],
    ['a list instead of an object', '[]', ['1:1 : expected an object in { }, found a list in [ ]']],
    ['no workflows', '{}', ['1:1 workflows: this key is missing']],
    [
      'a misspelt key at the top',
      '{\n "workflow": {} }',
      ['1:1 workflows: this key is missing', '2:2 workflow: unknown key; did you mean "workflows"?'],
    ],
    [
      'a misspelt key',
      withLines('"command": ["x"],', '"timeoutMinuts": 3'),
      ['5:1 workflows.builder.timeoutMinuts: unknown key; did you mean "timeoutMinutes"?'],
    ],
    [
      'a misspelt key of retry',
      withLines('"command": ["x"],', '"retry": { "attempts": 1, "backofSeconds": 1 }'),
      ['5:27 workflows.builder.retry.backofSeconds: unknown key; did you mean "backoffSeconds"?'],
    ],
    ['a key like no other', withLines('"command": ["x"],', '"q": 1'), ['5:1 workflows.builder.q: unknown key']],
    ['no command', withLines('"persistent": true'), ['3:12 workflows.builder.command: this key is missing']],
    [
      'a command line',
      withLines('"command": "npm ci"'),
      ['4:12 workflows.builder.command: expected a list in [ ], found text in quotes'],
    ],
    ['an empty command', withLines('"command": []'), ['4:12 workflows.builder.command: this must not be empty']],
    [
      'a number in a command',
      withLines('"command": ["sleep", 5]'),
      ['4:22 workflows.builder.command.1: expected text in quotes, found 5'],
    ],
    [
      'a number in quotes',
      withLines('"command": ["x"],', '"timeoutMinutes": "30"'),
      ['5:19 workflows.builder.timeoutMinutes: expected a number, found text in quotes'],
    ],
    [
      'no time at all',
      withLines('"command": ["x"],', '"timeoutMinutes": 0'),
      ['5:19 workflows.builder.timeoutMinutes: this must be more than 0'],
    ],
    [
      'a negative time',
      withLines('"command": ["x"],', '"stuckAfterMinutes": -5'),
      ['5:22 workflows.builder.stuckAfterMinutes: this must be more than 0'],
    ],
    [
      'a year',
      withLines('"command": ["x"],', '"timeoutMinutes": 525600'),
      ['5:19 workflows.builder.timeoutMinutes: this must be at most 43200'],
    ],
    [
      'a number beyond all numbers',
      withLines('"command": ["x"],', '"timeoutMinutes": 1e999'),
      ['5:19 workflows.builder.timeoutMinutes: expected a number, found Infinity'],
    ],
    [
      'limits that end a run before another of its limits',
      withLines(
        '"command": ["x"],',
        '"timeoutMinutes": 10,',
        '"initializationTimeoutMinutes": 20,',
        '"stuckAfterMinutes": 11',
      ),
      [
        '6:33 workflows.builder.initializationTimeoutMinutes: this is more than timeoutMinutes (10), so it would never be reached',
        '7:22 workflows.builder.stuckAfterMinutes: this is more than timeoutMinutes (10), so it would never be reached',
      ],
    ],
    [
      'a negative limit alone, beside defaults that it would contradict',
      withLines('"command": ["x"],', '"timeoutMinutes": -1'),
      ['5:19 workflows.builder.timeoutMinutes: this must be more than 0'],
    ],
    [
      'no memory, too much processor time and half a process',
      withLines(
        '"command": ["x"],',
        '"limits": {',
        '"memoryMegabytes": 0,',
        '"cpuPercent": 1e6,',
        '"processes": 1.5 }',
      ),
      [
        '6:20 workflows.builder.limits.memoryMegabytes: this must be more than 0',
        '7:15 workflows.builder.limits.cpuPercent: this must be at most 100000',
        '8:14 workflows.builder.limits.processes: expected a whole number, found 1.5',
      ],
    ],
    [
      'a misspelt limit',
      withLines('"command": ["x"],', '"limits": { "memoryMegabyte": 1 },', '"kill": { "gracefullSeconds": 1 }'),
      [
        '5:13 workflows.builder.limits.memoryMegabyte: unknown key; did you mean "memoryMegabytes"?',
        '6:11 workflows.builder.kill.gracefullSeconds: unknown key; did you mean "gracefulSeconds"?',
      ],
    ],
    [
      'a kill that waits for an hour',
      withLines('"command": ["x"],', '"kill": { "waitSeconds": 3600, "gracefulSeconds": -1 }'),
      [
        '5:26 workflows.builder.kill.waitSeconds: this must be at most 600',
        '5:51 workflows.builder.kill.gracefulSeconds: this must be at least 0',
      ],
    ],
    [
      'half an attempt',
      withLines('"command": ["x"],', '"retry": { "attempts": 1.5 }'),
      ['5:24 workflows.builder.retry.attempts: expected a whole number, found 1.5'],
    ],
    [
      'no attempt',
      withLines('"command": ["x"],', '"retry": { "attempts": 0 }'),
      ['5:24 workflows.builder.retry.attempts: this must be at least 1'],
    ],
    ['a pool that fills the disk', '{ "workflows": {}, "pool": 500 }', ['1:28 pool: this must be at most 20']],
    ['half a worktree', '{ "workflows": {}, "pool": 0.5 }', ['1:28 pool: expected a whole number, found 0.5']],
    [
      'too many runs',
      '{ "workflows": {}, "maxConcurrentRuns": 5000 }',
      ['1:41 maxConcurrentRuns: this must be at most 1000'],
    ],
    [
      'a word instead of yes or no',
      withLines('"command": ["x"],', '"persistent": "yes"'),
      ['5:15 workflows.builder.persistent: expected true or false, found text in quotes'],
    ],
    [
      'none of the choices',
      withLines('"command": ["x"],', '"onStuck": "stop"'),
      ['5:12 workflows.builder.onStuck: expected one of "notify", "kill", "restart"'],
    ],
    ['null', withLines('"command": null'), ['4:12 workflows.builder.command: expected a list in [ ], found null']],
    [
      'a name that is no name',
      '{ "workflows": {\n"my builder": { "command": ["x"] } } }',
      [
        '2:1 workflows.my builder: this name is not allowed: letters, digits, dot, dash and underscore, a letter or digit first, 64 at most',
      ],
    ],
    [
      'a variable that is no variable',
      withLines('"command": ["x"],', '"env": { "A-B": "x" }'),
      ['5:10 workflows.builder.env.A-B: this name is not allowed: letters, digits and underscore, no digit first'],
    ],
    [
      'a variable that is no text',
      withLines('"command": ["x"],', '"env": { "A": true }'),
      ['5:15 workflows.builder.env.A: expected text in quotes, found true or false'],
    ],
    [
      'a workflow that stands twice',
      '{ "workflows": {\n"a": { "command": ["x"] },\n"a": { "command": ["y"] } } }',
      ['3:1 workflows.a: this key stands twice'],
    ],
    [
      'a key that stands twice',
      withLines('"command": ["x"],', '"command": ["y"]'),
      ['5:1 workflows.builder.command: this key stands twice'],
    ],
    [
      'several at once, in the order of the file',
      withLines('"comand": ["x"],', '"persistent": 1'),
      [
        '3:12 workflows.builder.command: this key is missing',
        '4:1 workflows.builder.comand: unknown key; did you mean "command"?',
        '5:15 workflows.builder.persistent: expected true or false, found 1',
      ],
    ],
  ])('%s', (_, text, expected) => {
    expect(problemsIn(text)).toEqual(expected);
  });

  it('after a byte order mark and Windows line ends too', () => {
    expect(problemsIn('\uFEFF{\r\n  "workflows": 1\r\n}')).toEqual([
      '2:16 workflows: expected an object in { }, found 1',
    ]);
    expect(problemsIn('\uFEFF{ "q": 1, "workflows": {} }')).toEqual(['1:3 q: unknown key']);
  });

  it('with the name of the file', () => {
    const result = parseWorkflowFile('/shop/.vscode/workflows.json', '');
    expect(result).toMatchObject({ ok: false, problems: [{ file: '/shop/.vscode/workflows.json' }] });
  });
});

describe('a definitions file that nobody wrote by hand', () => {
  const problemsOf = (text: string): readonly string[] => {
    const result = parseWorkflowFile('w.json', text);
    return result.ok ? [] : result.problems.map(({ problem }) => problem);
  };

  it('nested without end is a problem like any other', () => {
    for (const text of ['['.repeat(100_000), `{"workflows":${'{"a":'.repeat(3_000)}1${'}'.repeat(3_001)}`])
      expect(problemsOf(text)).toEqual(['it is nested too deeply']);
  });

  it('with thousands of problems tells the first hundred', () => {
    const named = (value: string): string => Array.from({ length: 5_000 }, (_, index) => `"k${index}":${value}`).join();
    for (const text of [`{${named('1')}}`, `{"workflows":{${named('{"commmand":1}')}}}`]) {
      const problems = problemsOf(text);
      expect(problems).toHaveLength(101);
      expect(problems.at(-1)).toMatch(/^and \d{4,} more problems$/);
    }
  });
});
