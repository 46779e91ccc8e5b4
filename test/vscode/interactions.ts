import type { Locator, Page } from 'playwright-core';
import { eventually } from '../support/eventually.ts';

/** Waits until the workbench has restored its parts. */
export async function workbenchReady(page: Page): Promise<void> {
  await page.getByRole('tab', { name: /^Explorer/ }).waitFor({ timeout: 90_000 });
  await page.getByRole('status').first().waitFor({ timeout: 90_000 });
}

/** Runs a command from the palette by its whole title as shown there, category included: `Warden: Start Run`. */
export async function runCommand(page: Page, title: string): Promise<void> {
  const input = page.getByRole('textbox', { name: 'Type the name of a command to run.' });
  await until(input, () => page.keyboard.press('F1'));
  await input.fill(`>${title}`);
  await pickQuickPickItem(page, title);
}

/** Chooses an item of the quick pick: by its label, or by a pattern for label, description and detail. */
export async function pickQuickPickItem(page: Page, item: string | RegExp): Promise<void> {
  await page
    .getByRole('option', { name: starting(item) })
    .first()
    .click();
}

/** A box to tick in a quick pick for several items, by the item's label: `setChecked(true)`, `isChecked()`. */
export function quickPickCheckbox(page: Page, label: string): Locator {
  return page.getByRole('listbox').getByRole('checkbox').getByRole('checkbox', { name: label, exact: true });
}

/** Accepts what is ticked in a quick pick for several items. */
export async function acceptQuickPick(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'OK', exact: true }).click();
}

/**
 * Types into the input box, once it is there, and accepts.
 *
 * @param prompt what the box says below its line; every box without a validation message says how to confirm
 */
export async function typeInInput(page: Page, text: string, prompt = /Press 'Enter' to confirm/): Promise<void> {
  await page.getByText(prompt).waitFor();
  const input = page.getByRole('textbox').and(page.locator(':focus'));
  await input.fill(text);
  await input.press('Enter');
}

/** Shows a view container by its title in the activity bar. */
export async function openView(page: Page, title: string): Promise<void> {
  const tab = page.getByRole('tab', { name: new RegExp(`^${escape(title)}( [-(]|$)`) });
  const heading = page.getByRole('heading', { name: title, level: 2 });
  // A badge lies over the icon and would be waited for; a second click on a container that is shown hides it.
  if ((await tab.getAttribute('aria-expanded')) !== 'true')
    await until(heading, () => tab.click({ force: true, timeout: 2000 }));
}

/**
 * An item of a tree, by its accessible name: that is its accessibility label if it has one, else its tooltip if that is
 * plain text, else label and description.
 *
 * @param tree the title of the view, where more than one shows such an item
 */
export function treeItem(page: Page, name: string | RegExp, tree?: string): Locator {
  const within = tree === undefined ? page : page.getByRole('tree', { name: tree });
  return within.getByRole('treeitem', { name });
}

/** Right-clicks an item and chooses from its menu. */
export async function contextMenu(page: Page, item: Locator, entry: string): Promise<void> {
  await item.waitFor();
  const choice = page.getByRole('menuitem', { name: starting(entry) });
  await until(choice, () => item.click({ button: 'right', timeout: 2000 }));
  await repeat(async () => {
    // A menu ignores the mouse in its first moments.
    if (await choice.isVisible()) await choice.click({ timeout: 2000 });
    await choice.waitFor({ state: 'hidden', timeout: 300 });
  });
}

/**
 * Waits until what was chosen for a row of a tree has its effect. While a tree is read anew, as when runs begin or end,
 * VS Code knows none of its rows: a command gets none then, and asks which was meant.
 *
 * @param meant of what it asks for, by its label
 */
export async function untilTaken(
  page: Page,
  meant: string,
  hasEffect: () => boolean | Promise<boolean>,
): Promise<void> {
  const asked = page.getByPlaceholder(/^Pick a (run|worktree)$/);
  await eventually(async () => {
    if (await asked.isVisible()) {
      await pickQuickPickItem(page, new RegExp(meant));
      await asked.waitFor({ state: 'hidden' });
    }
    return hasEffect();
  });
}

/** Clicks one of the icons that an item shows under the mouse. */
export async function clickInlineAction(item: Locator, action: string): Promise<void> {
  await item.waitFor();
  const { mouse } = item.page();
  await repeat(async () => {
    // A row that is drawn anew under a mouse at rest shows no icons, so the mouse comes from elsewhere each time.
    await mouse.move(0, 0);
    await item.hover({ timeout: 2000 });
    await item.getByRole('button', { name: action }).click({ timeout: 2000 });
  });
}

/** What is shown of the thing under the mouse. */
export function tooltip(page: Page, text: RegExp): Locator {
  return page.getByRole('tooltip').filter({ hasText: text });
}

/** Rests the mouse on something until that shows. */
export async function hover(item: Locator, shown: Locator): Promise<void> {
  await until(shown, async () => {
    // A row that is drawn anew under a mouse at rest shows nothing.
    await item.page().mouse.move(0, 0);
    await item.hover({ timeout: 2000 });
  });
}

/** A notification by its text; its buttons are found inside by their names. */
export function notification(page: Page, text: string | RegExp): Locator {
  return page.getByRole('dialog', { name: text }).and(page.getByRole('dialog', { name: /, notification/ }));
}

/** A modal dialog by its text. */
export function modalDialog(page: Page, text: string | RegExp): Locator {
  return page.getByRole('dialog', { name: text });
}

/** Clicks a button of a notification or of a modal dialog, once it is there, and waits until the question is gone. */
export async function answer(question: Locator, button: string): Promise<void> {
  await question.getByRole('button', { name: button, exact: true }).click();
  await question.waitFor({ state: 'hidden' });
}

/** An item of the status bar, by its name: its text, with the names of its icons, and its tooltip. */
export function statusBarItem(page: Page, name: string | RegExp): Locator {
  return page.getByRole('status').getByRole('button', { name });
}

/** Answers whether the folder is trusted, in a window that was opened with `workspaceTrust: 'ask'`. */
export async function answerTrustPrompt(page: Page, trust: boolean): Promise<void> {
  const prompt = modalDialog(page, /trust the authors/);
  await answer(prompt, trust ? 'Yes, I trust the authors' : "No, I don't trust the authors");
}

/** Trusts what is open in a window that is in restricted mode. */
export async function trustWorkspace(page: Page): Promise<void> {
  await runCommand(page, 'Workspaces: Manage Workspace Trust');
  await page.getByRole('button', { name: 'Trust', exact: true }).click();
  await statusBarItem(page, /^Restricted Mode/).waitFor({ state: 'hidden' });
  await page.keyboard.press('Escape');
}

function starting(name: string | RegExp): RegExp {
  return typeof name === 'string' ? new RegExp(`^${escape(name)}(,|$)`) : name;
}

function escape(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`);
}

/** Repeats a step until it has had its effect: what VS Code is not ready for yet, it ignores. */
async function until(effect: Locator, step: () => Promise<unknown>): Promise<void> {
  await repeat(async () => {
    // The effect of the step before may have come late, and may lie over what this one is for.
    if (await effect.first().isVisible()) return;
    await step();
    await effect.first().waitFor({ timeout: 2000 });
  });
}

async function repeat(attempt: () => Promise<void>): Promise<void> {
  for (let failures = 0; ; failures++) {
    try {
      await attempt();
      return;
    } catch (error) {
      if (failures === 9) throw error;
    }
  }
}
