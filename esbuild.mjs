// Bundles the extension and the command line into one file: dist/bundle/warden.cjs, with SQLite's binaries in
// dist/prebuilds, where better-sqlite3 looks for them (one folder above its own code). Arguments: --watch, --production.
import { context } from 'esbuild';
import { cp, mkdir, rm } from 'node:fs/promises';

const watch = process.argv.includes('--watch');
const production = process.argv.includes('--production');

await rm('dist/bundle', { recursive: true, force: true });
await mkdir('dist/bundle', { recursive: true });
await cp('node_modules/better-sqlite3/prebuilds', 'dist/prebuilds', { recursive: true });

const bundle = await context({
  entryPoints: ['src/main.ts'],
  outfile: 'dist/bundle/warden.cjs',
  bundle: true,
  platform: 'node',
  target: 'node22',
  format: 'cjs',
  external: ['vscode'],
  banner: { js: 'const startedAsCommand = require.main === module;' },
  define: { 'import.meta.main': 'startedAsCommand' },
  // Some packages offer a CommonJS build with extras that a bundle cannot use: their modules are smaller.
  mainFields: ['module', 'main'],
  minify: production,
  sourcemap: production ? false : 'linked',
  logLevel: 'warning',
  metafile: true,
});

if (watch) {
  await bundle.watch();
} else {
  await bundle.rebuild();
  await bundle.dispose();
}
