// `npm run vscode`: the sample repository in VS Code with the extension, for a person to try. Ends with the window, or
// with Ctrl+C; runs that are still alive are killed then, since the sample goes away with them.
import path from 'node:path';
import { openSupervisor } from '../../src/open-supervisor.ts';
import { sampleRepository } from '../sample/sample-repository.ts';
import { openForPerson } from './open.ts';

await using sample = await sampleRepository();
await openForPerson({
  extensionPath: path.join(import.meta.dirname, '../..'),
  folder: sample.path,
  environment: { WARDEN_STATE_DIR: sample.stateFolder },
});
const supervisor = await openSupervisor({
  face: 'cli',
  diagnostics: { failed: (during, error) => console.error(`${during}:`, error) },
  environment: { WARDEN_STATE_DIR: sample.stateFolder },
});
const { runs } = await supervisor.list({ statuses: ['pending', 'running', 'terminating'] });
await Promise.all(runs.map(({ run }) => supervisor.kill(run.runId, { force: true })));
await supervisor.dispose();
