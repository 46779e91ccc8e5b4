import type { Page } from 'playwright-core';
import { openDesktopWorkbench } from './desktop-workbench.ts';
import type { Extension } from './server.ts';
import { openServerWorkbench } from './server-workbench.ts';

/** What to open, and with which extension. */
export type WorkbenchOptions = Extension & {
  /** The folder, or `.code-workspace` file, to open. */
  folder: string;
  /** Variables for VS Code's processes, and so for the extension. */
  environment?: Record<string, string>;
  /** `WARDEN_STATE_DIR`. Default: a new folder, which close removes. */
  stateDirectory?: string;
  /** User settings on top of the quiet ones of settings.ts. */
  userSettings?: Record<string, unknown>;
  /** `ask`: VS Code asks whether to trust the folder, see answerTrustPrompt. Default: `off`, everything is trusted. */
  workspaceTrust?: 'off' | 'ask';
  /** Of the window, in CSS pixels. Default: 1280 x 800. */
  size?: { width: number; height: number };
};

/** An open window of VS Code. */
export interface Workbench {
  /** Another one after `reopen`. */
  readonly page: Page;
  /** What the extension host has logged so far, an entry a message; errors that an extension did not handle included. */
  readonly log: readonly string[];
  readonly stateDirectory: string;
  /**
   * The process of the extension host; where it was just killed, of its replacement.
   *
   * @throws when there is still none, or more than one, after 15 s
   */
  extensionHostPid(): Promise<number>;
  /** Writes a PNG of the window. */
  screenshot(file: string): Promise<void>;
  /** Does what makes VS Code open another window, visits that one once it can be used, and closes it. */
  inNewWindow(open: () => Promise<void>, visit: (page: Page) => Promise<void>): Promise<void>;
  /** Reloads the window and waits until the new workbench can be used. */
  reload(): Promise<void>;
  /** Closes the window as a person does, and waits until its extension host is gone. */
  closeWindow(): Promise<void>;
  /** Opens the same folder again after `closeWindow`, and waits until the workbench can be used. */
  reopen(): Promise<void>;
  /** Ends all that was started for this window and removes its folders. May be called again. */
  close(): Promise<void>;
}

/**
 * Opens a real VS Code: by default its own server in a headless Chromium; with `WARDEN_TEST_VSCODE=desktop` the desktop
 * one, which is downloaded on first use.
 *
 * @throws when it does not come up; whatever was started until then is ended
 */
export async function openWorkbench(options: WorkbenchOptions): Promise<Workbench> {
  const flavour = process.env['WARDEN_TEST_VSCODE'] ?? 'server';
  switch (flavour) {
    case 'server':
      return openServerWorkbench(options);
    case 'desktop':
      return openDesktopWorkbench(options);
    default:
      throw new Error(`WARDEN_TEST_VSCODE is '${flavour}': it can be 'server' or 'desktop'.`);
  }
}
