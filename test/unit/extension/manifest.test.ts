import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  commands,
  contextKeys,
  mcpServers,
  runWords,
  settings,
  states,
  views,
} from '../../../src/extension/identifiers.ts';
import { worktreeWords } from '../../../src/extension/worktree-item.ts';

const manifest = JSON.parse(readFileSync('package.json', 'utf8'));
const texts: Record<string, string> = JSON.parse(readFileSync('package.nls.json', 'utf8'));
const { contributes } = manifest;

const sorted = (names: Iterable<string>): string[] => [...new Set(names)].sort();
const matches = (text: string, pattern: RegExp): string[] =>
  [...text.matchAll(pattern)].map(([, name]) => name).filter((name) => name !== undefined);

describe('package.json', () => {
  it('contributes the commands, views and settings that the code knows', () => {
    const contributed = contributes.commands.map(({ command }: { command: string }) => command);
    expect(sorted(contributed)).toEqual(sorted(Object.values(commands)));
    expect(contributes.mcpServerDefinitionProviders.map(({ id }: { id: string }) => id)).toEqual([mcpServers]);
    expect(contributes.views.warden.map(({ id }: { id: string }) => id)).toEqual(Object.values(views));
    expect(sorted(Object.keys(contributes.configuration.properties))).toEqual(sorted(Object.values(settings)));
  });

  it('offers in its menus only what is contributed', () => {
    const offered = Object.values(contributes.menus).flat() as { command: string }[];
    for (const { command } of offered) expect(Object.values(commands)).toContain(command);
  });

  it('asks in its menus only for words that an item can have', () => {
    const words = matches(JSON.stringify(contributes.menus), /\\\\b(\w+)\\\\b/g);
    expect(sorted(words)).toEqual(sorted([...runWords, ...worktreeWords, 'kept']));
  });

  it('has something to say in each state that the code finds', () => {
    const conditions = JSON.stringify(contributes.viewsWelcome);
    const asked = matches(conditions, new RegExp(`${contextKeys.state} [!=]= (\\w+)`, 'g'));
    expect(sorted(asked)).toEqual(sorted(states));
  });

  it('has a text for every placeholder, and no other', () => {
    expect(sorted(matches(JSON.stringify(manifest), /"%([\w.]+)%"/g))).toEqual(sorted(Object.keys(texts)));
  });

  it('links in its texts only to commands that exist', () => {
    const links = matches(Object.values(texts).join('\n'), /command:(warden\.\w+)/g);
    for (const link of links) expect(Object.values(commands)).toContain(link);
  });

  it('names only files that exist', () => {
    const files = [
      manifest.icon,
      ...contributes.viewsContainers.activitybar.map(({ icon }: { icon: string }) => icon),
      ...contributes.jsonValidation.map(({ url }: { url: string }) => url),
    ];
    for (const file of files) expect(existsSync(file), file).toBe(true);
  });
});
