import { type ErrorCode, isWardenError, WardenError } from '../core/errors.ts';
import type { Diagnostics } from '../core/ports/diagnostics.ts';
import type { Actor } from '../core/run.ts';
import { openStore } from './open-store.ts';
import type { Rebuilt } from './rebuild-database.ts';
import type { SqliteStore } from './sqlite-store.ts';

/** How long a kill waits for a database that another process holds, before it is kept in the run's folder. */
const patienceMilliseconds = 2_000;

/** How long everything else waits. */
export const longPatienceMilliseconds = 10_000;

/** A database that could not be opened is tried again no sooner than this. */
const tryAgainMilliseconds = 1_000;

/** While the database cannot be read, those who listen for changes look this often. */
const blindLookMilliseconds = 1_000;

export interface DatabaseAccessOptions {
  readonly file: string;
  /** Epoch milliseconds. */
  readonly now: () => number;
  readonly actor: Actor;
  readonly diagnostics: Diagnostics;
  readonly onOpened: (database: SqliteStore) => Promise<void>;
  readonly onWritten: (database: SqliteStore) => void;
}

/**
 * The database at its path, whatever becomes of the file: it is opened anew when it was moved, checked and made anew when it
 * was found damaged, and waited for only once while it keeps failing.
 */
export class DatabaseAccess {
  readonly #options: DatabaseAccessOptions;
  #database: SqliteStore | null = null;
  #opening: Promise<SqliteStore> | null = null;
  #failedToOpen: { readonly failure: WardenError; readonly at: number } | null = null;
  /** It failed lately: nobody waits for it a second time, and it is checked when it is opened again. */
  #isFailing = false;
  #isSuspect = false;
  #told: ErrorCode | null = null;
  #lastFailure: WardenError | null = null;
  #opened = 0;
  #isClosed = false;

  constructor(options: DatabaseAccessOptions) {
    this.#options = options;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Reads from the database. @throws WardenError see `databaseFailure`, when it cannot be used */
  async use<Result>(work: (database: SqliteStore) => Promise<Result>): Promise<Result> {
    const database = await this.#open();
    try {
      return await work(database);
    } catch (error) {
      // Others found before that it was damaged or moved away, and let go of it under our hands.
      const isLetGo = this.#database !== database;
      if (this.#isClosed || !(isLetGo || isWardenError(error, 'database_damaged'))) throw error;
      if (!isLetGo) this.#letGo(true);
      return await work(await this.#open());
    }
  }

  /** Reads from the database, or from elsewhere while it cannot be used. */
  async read<Result>(
    fromDatabase: (database: SqliteStore) => Promise<Result>,
    fromElsewhere: () => Promise<Result>,
  ): Promise<Result> {
    try {
      return await this.use(fromDatabase);
    } catch (error) {
      this.requireFailure(error);
      return fromElsewhere();
    }
  }

  /** Only what was written proves that it works again: a locked or full database can still be read. */
  async write<Result>(work: (database: SqliteStore) => Promise<Result>): Promise<Result> {
    const result = await this.use(work);
    this.#isFailing = false;
    this.#told = null;
    if (this.#database !== null) this.#options.onWritten(this.#database);
    return result;
  }

  /** Writes what is not done without the database: waits longer for it. */
  async insist<Result>(work: (database: SqliteStore) => Promise<Result>): Promise<Result> {
    const begun = performance.now();
    for (;;) {
      try {
        return await this.write(work);
      } catch (error) {
        const waitedMilliseconds = Math.round(performance.now() - begun);
        if (!isWardenError(error, 'database_busy')) throw error;
        if (waitedMilliseconds > longPatienceMilliseconds)
          throw new WardenError('database_busy', { path: this.#options.file, waitedMilliseconds }, { cause: error });
        // The next try waits by itself.
        this.#isFailing = false;
      }
    }
  }

  /** Somebody goes on without the database, which is told. @throws the error itself when it is not the database that failed */
  requireFailure(error: unknown): void {
    const failure = databaseFailure(error);
    if (failure === null || this.#isClosed) throw error;
    this.#isFailing = true;
    this.#lastFailure = failure;
    if (this.#told === failure.code) return;
    this.#told = failure.code;
    this.#options.diagnostics.failed('using the database, so the run folders have to do', failure);
  }

  /** Why it could not be used last. */
  reason(): WardenError {
    return this.#lastFailure ?? new WardenError('database_busy', { path: this.#options.file, waitedMilliseconds: 0 });
  }

  /** It is opened again by whoever needs it next, and checked then. */
  suspect(): void {
    this.#letGo(true);
  }

  /** Changes whenever another database is open, or the number that is read from it is another, or nothing can be read. */
  version(read: (database: SqliteStore) => number): string {
    return `${this.#opened} ${this.#versionIn(read)}`;
  }

  close(): void {
    this.#isClosed = true;
    this.#database?.close();
    this.#database = null;
  }

  #versionIn(read: (database: SqliteStore) => number): string {
    try {
      if (this.#database?.isInPlace() === true) return String(read(this.#database));
    } catch {
      // Told by whoever reads or writes next.
    }
    return `blind since ${Math.floor(this.#options.now() / blindLookMilliseconds)}`;
  }

  async #open(): Promise<SqliteStore> {
    if (this.#database !== null && !this.#isClosed && !this.#database.isInPlace()) this.#letGo(false);
    if (this.#database !== null) return this.#database;
    const { now } = this.#options;
    if (this.#failedToOpen !== null && Math.abs(now() - this.#failedToOpen.at) < tryAgainMilliseconds)
      throw this.#failedToOpen.failure;
    this.#opening ??= this.#openAnew().finally(() => {
      this.#opening = null;
    });
    return this.#opening;
  }

  async #openAnew(): Promise<SqliteStore> {
    const { file, now, actor, diagnostics, onOpened } = this.#options;
    const busyLimitMilliseconds = (): number => (this.#isFailing ? 0 : patienceMilliseconds);
    try {
      const database = await openStore({ file, now, actor, busyLimitMilliseconds, isSuspect: this.#isSuspect });
      this.#failedToOpen = null;
      this.#isSuspect = false;
      this.#opened += 1;
      if (this.#isClosed) database.close();
      else this.#database = database;
      if (!this.#isClosed) await onOpened(database);
      if (database.rebuilt !== null) diagnostics.failed('opening the database', rebuiltError(file, database.rebuilt));
      return database;
    } catch (error) {
      const failure = databaseFailure(error);
      if (failure !== null) this.#failedToOpen = { failure, at: now() };
      throw error;
    }
  }

  #letGo(isSuspect: boolean): void {
    this.#database?.close();
    this.#database = null;
    this.#failedToOpen = null;
    this.#isSuspect ||= isSuspect;
  }
}

function rebuiltError(file: string, { backup, ...facts }: Rebuilt): WardenError {
  return new WardenError('database_rebuilt', { path: file, backup: backup?.file ?? null, ...facts });
}

const failures: ReadonlySet<ErrorCode> = new Set([
  'database_busy',
  'database_damaged',
  'database_newer',
  'disk_full',
  'state_folder_not_writable',
  'unsupported_runtime',
] satisfies ErrorCode[]);

/** The error, when it says that the database cannot be used; null for any other. */
export function databaseFailure(error: unknown): WardenError | null {
  return isWardenError(error) && failures.has(error.code) ? error : null;
}
