/** What VS Code inherits of our environment: not what a test runner, npm or an editor around us set for their own. */
export function inheritedEnvironment(): Record<string, string> {
  const foreign = /^(VSCODE_|ELECTRON_|VITEST|npm_|NODE_OPTIONS$|NODE_ENV$|WARDEN_)/;
  const inherited: Record<string, string> = {};
  for (const [name, value] of Object.entries(process.env)) {
    if (value !== undefined && !foreign.test(name)) inherited[name] = value;
  }
  return inherited;
}
