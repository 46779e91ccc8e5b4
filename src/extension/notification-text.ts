/** Notifications make `[text](command:…)` a link that VS Code obeys: what runs, tools and files are called must not become one. */
export function notificationText(text: string): string {
  return text.replaceAll('](', '] (');
}
