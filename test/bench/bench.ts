// `npm run bench`: what is fast and what is slow, beside others who do the same, in one run. Arguments: names of
// subjects (all when none is given), `--json FILE` to keep the numbers.
import { writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { compare, type ComparisonResult } from './comparison.ts';
import { describe } from './describe.ts';
import type { Subject } from './subjects/subject.ts';

/** Loaded only when they are run: each needs other packages. */
const subjects: readonly { readonly name: string; readonly load: () => Promise<Subject> }[] = [
  { name: 'kill-tree', load: async () => (await import('./subjects/kill-tree.ts')).killTree },
  { name: 'kill-stubborn', load: async () => (await import('./subjects/kill-stubborn.ts')).killStubborn },
  { name: 'look', load: async () => (await import('./subjects/look.ts')).look },
  { name: 'watch', load: async () => (await import('./subjects/watch.ts')).watch },
  { name: 'adopt', load: async () => (await import('./subjects/adopt.ts')).adopt },
  { name: 'kill-many', load: async () => (await import('./subjects/kill-many.ts')).killMany },
  { name: 'kill-among-200', load: async () => (await import('./subjects/kill-among-200.ts')).killAmong200 },
  { name: 'worktrees', load: async () => (await import('./subjects/worktrees.ts')).worktrees },
];

const { values, positionals } = parseArgs({ options: { json: { type: 'string' } }, allowPositionals: true });
const unknown = positionals.filter((name) => !subjects.some((subject) => subject.name === name));
if (unknown.length > 0 || process.platform !== 'linux') {
  console.error(
    unknown.length > 0
      ? `Unknown: ${unknown.join(', ')}. Subjects: ${subjects.map(({ name }) => name).join(', ')}`
      : 'The benchmark reads /proc: it runs on Linux.',
  );
  process.exit(2);
}

const say = (progress: string): void => {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${progress}`);
};
const results: { subject: string; comparisons: ComparisonResult[]; report?: unknown }[] = [];
for (const { name, load } of subjects.filter(({ name }) => positionals.length === 0 || positionals.includes(name))) {
  const subject = await load();
  await using opened = await subject.open();
  const interrupted = (): void => {
    // Runs outlive whoever started them: nothing of them may stay when the benchmark is broken off.
    void Promise.resolve(opened[Symbol.asyncDispose]()).finally(() => process.exit(130));
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, interrupted);
  const comparisons: ComparisonResult[] = [];
  for (const comparison of opened.comparisons) {
    const result = await compare(comparison, say);
    say('');
    console.log(`${describe(result)}\n`);
    comparisons.push(result);
  }
  const report = await opened.report?.(say);
  say('');
  if (report !== undefined) console.log(`${report.text}\n`);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.off(signal, interrupted);
  results.push({ subject: name, comparisons, ...(report === undefined ? {} : { report: report.numbers }) });
}
const machine = { cores: availableParallelism(), platform: process.platform, node: process.version };
if (values.json !== undefined) await writeFile(values.json, `${JSON.stringify({ machine, results }, null, 2)}\n`);
