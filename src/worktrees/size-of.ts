import type { BigIntStats } from 'node:fs';
import { lstat, readdir } from 'node:fs/promises';
import { inBatches } from './in-batches.ts';
import { rawJoin } from './raw-path.ts';
import { unlessMissing } from './system-failure.ts';

/**
 * Bytes that a folder takes on its disk. Links are not followed, other file systems not entered, files with several
 * names counted once. What vanishes meanwhile is not counted.
 * @returns null when the folder, or anything in it, cannot be read
 */
export async function sizeOf(path: string): Promise<number | null> {
  return (await sizesOf([path])).each[0] ?? null;
}

export interface Sizes {
  /** In the order of the folders. */
  readonly each: readonly (number | null)[];
  /** All together: a file that several of them have by hard links counts once. Those not readable are missing. */
  readonly together: number;
}

/** The same of several folders, one after the other. @throws the signal's reason when aborted */
export async function sizesOf(paths: readonly string[], signal?: AbortSignal): Promise<Sizes> {
  const seen = new SeenFiles();
  const each: (number | null)[] = [];
  let together = 0;
  for (const path of paths) {
    const walk = new Walk(seen, signal);
    const bytes = await walk.measure(path);
    each.push(bytes);
    if (bytes !== null) together += bytes - walk.seenBefore;
  }
  return { each, together };
}

/** Files with several names, by file system. */
class SeenFiles {
  readonly #files = new Map<bigint, Set<bigint>>();

  /** @returns whether it was seen for the first time */
  add({ dev, ino }: BigIntStats): boolean {
    const files = this.#files.get(dev) ?? new Set();
    this.#files.set(dev, files);
    return files.size < files.add(ino).size;
  }
}

/** One folder. */
class Walk {
  /** Bytes of it that other folders have too, which were measured before. */
  seenBefore = 0;
  readonly #inAll: SeenFiles;
  readonly #here = new SeenFiles();
  readonly #signal: AbortSignal | undefined;

  constructor(inAll: SeenFiles, signal: AbortSignal | undefined) {
    this.#inAll = inAll;
    this.#signal = signal;
  }

  async measure(path: string): Promise<number | null> {
    try {
      const root = Buffer.from(path);
      const facts = await lstat(root, { bigint: true });
      return facts.isDirectory() ? await this.#ofDirectory(root, facts) : this.#ofFile(facts);
    } catch {
      this.#signal?.throwIfAborted();
      return null;
    }
  }

  async #ofDirectory(directory: Buffer, itself: BigIntStats): Promise<number> {
    this.#signal?.throwIfAborted();
    const names = (await unlessMissing(readdir(directory, { encoding: 'buffer' }))) ?? [];
    const directories: { readonly path: Buffer; readonly facts: BigIntStats }[] = [];
    let bytes = allocated(itself);
    await inBatches(names, 64, async (name) => {
      const path = rawJoin(directory, name);
      const facts = await unlessMissing(lstat(path, { bigint: true }));
      if (facts === null || facts.dev !== itself.dev) return;
      if (facts.isDirectory()) directories.push({ path, facts });
      else bytes += this.#ofFile(facts);
    });
    for (const { path, facts } of directories) bytes += await this.#ofDirectory(path, facts);
    return bytes;
  }

  #ofFile(facts: BigIntStats): number {
    const bytes = allocated(facts);
    if (facts.nlink === 1n) return bytes;
    if (!this.#here.add(facts)) return 0;
    if (!this.#inAll.add(facts)) this.seenBefore += bytes;
    return bytes;
  }
}

/** Windows does not tell blocks. */
function allocated(facts: BigIntStats): number {
  return process.platform === 'win32' ? Number(facts.size) : Number(facts.blocks) * 512;
}
