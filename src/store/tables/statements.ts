import type Database from 'better-sqlite3';

/** Prepares a statement, or gives the one that was prepared of the same text before. */
export type Statements = (sql: string) => Database.Statement;

/** Prepares each text once. */
export function statementsOf(database: Database.Database): Statements {
  const prepared = new Map<string, Database.Statement>();
  return (sql) => {
    let statement = prepared.get(sql);
    if (statement === undefined) {
      statement = database.prepare(sql);
      prepared.set(sql, statement);
    }
    return statement;
  };
}
