import Database from 'better-sqlite3';
import { describe, expect, test } from 'vitest';
import { SharedCommit } from '../../../src/store/shared-commit.ts';

describe('changes that are asked for at the same time', () => {
  test('are committed together', async () => {
    using opened = scratchDatabase();
    const { commits, insert } = opened;
    const names = Array.from({ length: 200 }, (_, number) => String(number).padStart(3, '0'));
    await Promise.all(names.map((name) => commits.make(() => insert(name))));
    expect(opened.names()).toEqual(names);
    // As many as there are turns of the event loop: on a busy machine one is over sooner.
    expect(opened.transactions()).toBeLessThan(names.length / 4);
  });

  test('fail one by one: each takes back itself alone, and its own asker hears of it', async () => {
    using opened = scratchDatabase();
    const { commits, insert } = opened;
    const failing = (): never => {
      insert('half');
      throw new RangeError('no');
    };
    const asked = [commits.make(() => insert('one')), commits.make(failing), commits.make(() => insert('one'))];
    const outcomes = await Promise.allSettled([...asked, commits.make(() => insert('two'))]);
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected', 'fulfilled']);
    expect(outcomes[1]).toMatchObject({ reason: { message: 'no' } });
    expect(outcomes[2]).toMatchObject({ reason: { code: 'SQLITE_CONSTRAINT_PRIMARYKEY' } });
    expect(opened.names()).toEqual(['one', 'two']);
  });

  test('are all told when the database can no longer be written, and the next is tried anew', async () => {
    using opened = scratchDatabase();
    const { commits, insert } = opened;
    opened.refuse();
    const outcomes = await Promise.allSettled(['one', 'two'].map((name) => commits.make(() => insert(name))));
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    await commits.make(() => insert('three'));
    expect(opened.names()).toEqual(['three']);
  });
});

interface Scratch extends Disposable {
  readonly commits: SharedCommit;
  readonly insert: (name: string) => number;
  names(): unknown[];
  transactions(): number;
  /** Lets the next transaction fail as a whole. */
  refuse(): void;
}

function scratchDatabase(): Scratch {
  const database = new Database(':memory:');
  database.exec('CREATE TABLE names (name TEXT PRIMARY KEY)');
  let transactions = 0;
  let refusals = 0;
  const commits = new SharedCommit(database, (attempt) => {
    transactions += 1;
    if (refusals === 0) return Promise.resolve(attempt());
    refusals -= 1;
    return Promise.reject(new Error('the disk is full'));
  });
  return {
    commits,
    insert: (name) => database.prepare('INSERT INTO names VALUES (?)').run(name).changes,
    names: () => database.prepare('SELECT name FROM names ORDER BY rowid').pluck().all(),
    transactions: () => transactions,
    refuse: () => void (refusals = 1),
    [Symbol.dispose]: () => void database.close(),
  };
}
