// A supervisor in a process of its own: as another window, the command line, or another user has it. Its argument is one
// verb with what it needs, as JSON; the state folder comes by WARDEN_STATE_DIR. It answers with one line of JSON.
import { openPorts } from '../../../src/open-supervisor.ts';
import { Supervisor } from '../../../src/supervisor/supervisor.ts';
import { type Answer, type HostRequest } from './host.ts';
import { EffectCounter } from './effects.ts';

const request = JSON.parse(process.argv[2] ?? '') as HostRequest;
const effects = new EffectCounter(request.dieAt);
const ports = await openPorts({
  face: 'cli',
  diagnostics: { failed: (during, error) => console.error(during, error) },
});
const supervisor = new Supervisor(effects.counted(ports));
const answer = await perform().then(
  (result): Answer => ({ result, effects: effects.count }),
  (error: unknown): Answer => ({ error: describe(error), effects: effects.count }),
);
console.log(JSON.stringify(answer));
await supervisor.dispose();

function perform(): Promise<unknown> {
  switch (request.verb) {
    case 'run':
      return supervisor.run(request.options);
    case 'kill':
      return supervisor.kill(request.runId, request.options);
    case 'restart':
      return supervisor.restart(request.runId, request.options);
  }
}

function describe(error: unknown): { code: string; words: string } {
  const { code = 'unknown' } = error as { code?: string };
  return { code, words: error instanceof Error ? (error.stack ?? error.message) : String(error) };
}
