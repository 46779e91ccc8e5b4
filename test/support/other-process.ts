// Runs one verb in a process of its own, so that a test can end that process at any moment.
// Arguments: the verb and its options as JSON. The state folder comes by WARDEN_STATE_DIR.
import { openSupervisor } from '../../src/open-supervisor.ts';

const [verb, text = '{}'] = process.argv.slice(2);
const options = JSON.parse(text) as never;
const supervisor = await openSupervisor({
  face: 'cli',
  diagnostics: { failed: (during, error) => console.error(during, error) },
});
switch (verb) {
  case 'run':
    await supervisor.run(options);
    break;
  case 'kill':
    await supervisor.kill((options as { runId: string }).runId);
    break;
  case 'watch':
    supervisor.startWatching(1_000);
    await new Promise(() => setInterval(() => undefined, 1_000));
    break;
  case 'idle':
    await new Promise(() => setInterval(() => undefined, 1_000));
    break;
  default:
    throw new Error(`no such verb: ${verb}`);
}
await supervisor.dispose();
