import { execa } from 'execa';
import { chmodSync, closeSync, constants, openSync, readSync, unlinkSync } from 'node:fs';
import path from 'node:path';
import { eventually } from '../../support/eventually.ts';
import { allProcesses, hasOpen, type SeenProcess } from './proc.ts';

/**
 * A named pipe that the first process of a shape opens for writing and all others inherit, whatever they do to their
 * parent, session, environment, user or name. While one of them lives the kernel finds it open, so that the end of the
 * file is a proof that nobody is left, which no scan of a moving crowd can give. The shapes also write on it how far
 * they are.
 */
export class Lifeline {
  readonly file: string;
  readonly #reader: number;
  /** Keeps the pipe from ending before the shape has opened it; null once it has. */
  #keeper: number | null;
  readonly #marks: string[] = [];

  private constructor(file: string) {
    this.file = file;
    this.#keeper = openSync(file, constants.O_RDWR | constants.O_NONBLOCK);
    this.#reader = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
  }

  static async make(folder: string): Promise<Lifeline> {
    const file = path.join(folder, 'lifeline');
    await execa('mkfifo', [file]);
    // Also for the shapes of another user.
    chmodSync(file, 0o666);
    return new Lifeline(file);
  }

  /** Every line that was written so far. */
  marks(): readonly string[] {
    this.#read();
    return this.#marks;
  }

  /** From here on it ends with the last process of the shape. */
  letGo(): void {
    if (this.#keeper !== null) closeSync(this.#keeper);
    this.#keeper = null;
  }

  isHeld(): boolean {
    this.letGo();
    return this.#read() === 'held';
  }

  holders(): SeenProcess[] {
    return allProcesses().filter(
      ({ pid }) => pid !== process.pid && (hasOpen(pid, this.file) || hasOpen(pid, `${this.file} (deleted)`)),
    );
  }

  /** What a kill has missed does not outlive the test: who forks ends when the file is gone, the others by signal. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.letGo();
    unlinkSync(this.file);
    try {
      await eventually(() => {
        if (!this.isHeld()) return true;
        for (const { pid } of this.holders()) process.kill(pid, 'SIGKILL');
        return false;
      });
    } finally {
      closeSync(this.#reader);
    }
  }

  #read(): 'held' | 'ended' {
    const buffer = Buffer.alloc(65_536);
    for (;;) {
      try {
        const length = readSync(this.#reader, buffer);
        if (length === 0) return 'ended';
        this.#marks.push(...buffer.toString('utf8', 0, length).trimEnd().split('\n'));
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'EAGAIN') return 'held';
        throw error;
      }
    }
  }
}
