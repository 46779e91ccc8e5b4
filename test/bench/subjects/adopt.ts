import Database from 'better-sqlite3';
import path from 'node:path';
import type { Supervisor } from '../../../src/supervisor/supervisor.ts';
import { benchSupervisor, openBenchSupervisor } from '../bench-supervisor.ts';
import type { Comparison, Contender } from '../comparison.ts';
import { readAll } from '../tree-kills.ts';
import { singleProcess } from '../trees.ts';
import type { Subject } from './subject.ts';

const count = 1_000;

/** A new window finds the runs of another: every row read, every process recognised. */
export const adopt: Subject = {
  open: async () => {
    const bench = await benchSupervisor([singleProcess], 'folders');
    await bench.start(singleProcess, count);
    const adopted = await openBenchSupervisor(bench.repository, 'folders');
    const open = (): Promise<Supervisor> => openBenchSupervisor(bench.repository, 'folders');
    return {
      comparisons: [comparison(open, adopted, path.join(bench.repository.stateFolder, 'warden.db'))],
      [Symbol.asyncDispose]: async () => {
        await adopted.dispose();
        await bench[Symbol.asyncDispose]();
      },
    };
  },
};

function comparison(open: () => Promise<Supervisor>, adopted: Supervisor, databaseFile: string): Comparison {
  const newcomer: Contender = {
    name: 'ours',
    prepare: () => {
      let supervisor: Supervisor | null = null;
      const run = async (): Promise<void> => {
        supervisor = await open();
        await supervisor.reconcile();
      };
      const finish = async (): Promise<null> => {
        const runs = await supervisor?.recent({ statuses: ['running'], limit: count });
        await supervisor?.dispose();
        if (runs?.length !== count) throw new Error(`${runs?.length} of ${count} runs were adopted`);
        return null;
      };
      return Promise.resolve({ run, finish });
    },
  };
  const again: Contender = {
    name: 'ours, every look after',
    prepare: () => Promise.resolve({ run: () => adopted.reconcile(), finish: () => Promise.resolve(null) }),
  };
  const floor: Contender = {
    name: 'bare floor',
    prepare: () => {
      const run = (): Promise<void> => {
        const database = new Database(databaseFile, { readonly: true });
        database.prepare('SELECT * FROM workflow_runs JOIN workflow_processes USING (run_id)').all();
        database.close();
        readAll();
        return Promise.resolve();
      };
      return Promise.resolve({ run, finish: () => Promise.resolve(null) });
    },
  };
  const notes = [
    'replaced: plain folders instead of git worktrees; store, run folders and processes are real',
    'the floor reads the rows and all processes once, in one go, and compares nothing; a run is two processes',
  ];
  return { title: `Adopt ${count} runs`, notes, rounds: 9, amount: 1, contenders: [newcomer, again, floor] };
}
