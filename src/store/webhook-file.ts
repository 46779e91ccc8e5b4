import { chmod, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { WardenError } from '../core/errors.ts';
import type { WebhookSettings } from '../core/ports/webhook.ts';
import { type Webhook, webhookFileText, webhookIn } from '../core/webhook.ts';

/**
 * `webhook.json` in the state folder: the only place that holds the URL. It is the owner's alone, as the folder is; where it
 * is found readable by others it is closed to them, and not used where that is not possible.
 */
export class WebhookFile implements WebhookSettings {
  readonly #file: string;

  constructor(stateFolder: string) {
    this.#file = path.join(stateFolder, 'webhook.json');
  }

  async load(): Promise<Webhook | null> {
    try {
      await closeToOthers(this.#file);
      return webhookIn(await readFile(this.#file, 'utf8'), this.#file);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
      if (error instanceof WardenError) throw error;
      throw new WardenError('invalid_webhook', { path: this.#file, problem: 'not_readable' });
    }
  }

  /** Whole or not at all: another process may read it at this moment. */
  async save(webhook: Webhook): Promise<void> {
    await this.#removeLeftovers();
    const beside = `${this.#file}.${process.pid}`;
    try {
      const file = await open(beside, 'w', 0o600);
      try {
        await file.writeFile(webhookFileText(webhook));
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(beside, this.#file);
    } catch (error) {
      await rm(beside, { force: true }).catch(() => undefined);
      throw new WardenError('state_folder_not_writable', {
        path: this.#file,
        detail: (error as NodeJS.ErrnoException).code ?? '',
      });
    }
  }

  async remove(): Promise<boolean> {
    await this.#removeLeftovers();
    try {
      await rm(this.#file);
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
      throw error;
    }
  }

  /** Of who crashed before his file was in its place. */
  async #removeLeftovers(): Promise<void> {
    const folder = path.dirname(this.#file);
    const begin = `${path.basename(this.#file)}.`;
    const names = await readdir(folder).catch((): string[] => []);
    await Promise.all(
      names.filter((name) => name.startsWith(begin)).map((name) => rm(path.join(folder, name), { force: true })),
    );
  }
}

async function closeToOthers(file: string): Promise<void> {
  if (process.platform === 'win32') return;
  const { mode } = await stat(file);
  if ((mode & 0o077) !== 0) await chmod(file, 0o600);
}
