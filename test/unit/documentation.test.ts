import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { commands } from '../../src/cli/commands.ts';
import { parseCommandLine } from '../../src/cli/parse-command-line.ts';
import manifest from '../../package.json' with { type: 'json' };

const root = path.join(import.meta.dirname, '../..');
const read = (file: string): string => readFileSync(path.join(root, file), 'utf8');
const pages = readdirSync(path.join(root, 'docs')).map((name) => `docs/${name}`);
const readme = read('README.md');

/** Of a heading, as GitHub and VS Code make it. */
const anchorOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replaceAll(/[^\w\- ]/g, '')
    .replaceAll(' ', '-');

describe('the documentation', () => {
  test('has a line in the README for each page', () => {
    expect(pages.filter((page) => !readme.includes(`](${page})`))).toEqual([]);
  });

  test.each(['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md', ...pages])(
    'of %s leads somewhere with each link',
    (file) => {
      const links = [...read(file).matchAll(/\]\(([^)\s]+)\)/g)].flatMap(([, link = '']) =>
        link.includes(':') ? [] : [link],
      );
      const broken = links.filter((link) => {
        const [target = '', anchor] = link.split('#');
        const page = target === '' ? file : path.join(path.dirname(file), target);
        if (!existsSync(path.join(root, page))) return true;
        const headings = [...read(page).matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) => anchorOf(heading));
        return anchor !== undefined && !headings.includes(anchor);
      });

      expect(broken).toEqual([]);
    },
  );

  test('names each room of the source in the map', () => {
    const map = read('CONTRIBUTING.md');
    const rooms = readdirSync(path.join(root, 'src'), { withFileTypes: true }).map((entry) =>
      entry.isDirectory() ? `src/${entry.name}/` : `src/${entry.name}`,
    );

    expect(rooms.filter((room) => !map.includes(`\`${room}\``))).toEqual([]);
  });

  test('explains each setting and each key of a workflow', () => {
    const all = [readme, ...pages.map(read)].join('\n');
    const schema: { properties: { workflows: { additionalProperties: { properties: object } } } } = JSON.parse(
      read('media/workflows.schema.json'),
    );
    const keys = [
      ...Object.keys(schema.properties),
      ...Object.keys(schema.properties.workflows.additionalProperties.properties),
    ];
    const settings = Object.keys(manifest.contributes.configuration.properties);

    expect(settings.filter((setting) => !all.includes(`\`${setting}\``))).toEqual([]);
    expect(keys.filter((key) => !['$schema', 'workflows'].includes(key) && !all.includes(key))).toEqual([]);
  });

  test.each([...commandLines()])('tells commands that there are: %s', (line) => {
    const words = [...line.matchAll(/'([^']*)'|"([^"]*)"|(\S+)/g)].map(
      ([, single, double, plain]) => single ?? double ?? plain ?? '',
    );

    expect(parseCommandLine(words.slice(1), commands)).toMatchObject({
      kind: expect.stringMatching(/^(command|help)$/),
    });
  });
});

/** Those in blocks of the README, without what is said about them. */
function commandLines(): ReadonlySet<string> {
  const blocks = [...readme.matchAll(/^```sh\n(.*?)^```$/gms)].flatMap(([, block = '']) => block.split('\n'));
  const lines = blocks.map((line) => line.replace(/\s+#.*$/, '')).filter((line) => line.startsWith('warden '));
  const within = [...readme.matchAll(/`(warden [^`]+)`/g)].map(([, line = '']) => line);
  return new Set([...lines, ...within]);
}
