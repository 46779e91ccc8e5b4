import type { Page } from 'playwright-core';

/** Collects what the extension host logs, which every window repeats on its own console. */
export function collectExtensionHostLog(page: Page, log: string[]): void {
  page.on('console', (message) => {
    const text = message.text();
    const said = /^%c\[Extension Host\] %c(.*)$/s.exec(text)?.[1];
    if (said !== undefined) log.push(said.replace(/ color: blue color: ?/, ''));
    else if (/^\[[\w-]+\.[\w-]+\]/.test(text)) log.push(text);
  });
}
