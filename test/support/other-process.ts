// Runs one verb in a process of its own, so that a test can end that process at any moment.
// Arguments: the verb and its options as JSON. The state folder comes by WARDEN_STATE_DIR.
import { openPorts, openSupervisor } from '../../src/open-supervisor.ts';
import type { Diagnostics } from '../../src/core/ports/diagnostics.ts';
import type { LaunchOptions } from '../../src/supervisor/launch.ts';
import { Supervisor } from '../../src/supervisor/supervisor.ts';
import type { Ports } from '../../src/supervisor/world.ts';

const [verb, text = '{}'] = process.argv.slice(2);
const options = JSON.parse(text) as never;
const diagnostics: Diagnostics = { failed: (during, error) => console.error(during, error) };
const supervisor = await openSupervisor({ face: 'cli', diagnostics });
switch (verb) {
  case 'run':
    await supervisor.run(options);
    break;
  case 'run-many': {
    const { messages, ...launch } = options as LaunchOptions & { messages: string[] };
    await Promise.all(messages.map((message) => supervisor.run({ ...launch, message })));
    break;
  }
  case 'run-until-release': {
    const ports = await openPorts({ face: 'cli', diagnostics });
    const launch: Ports['executor']['launch'] = async (request) => {
      const held = await ports.executor.launch(request);
      return { ...held, release: () => Promise.resolve(void process.kill(process.pid, 'SIGKILL')) };
    };
    const executor = new Proxy(ports.executor, {
      get: (target, name) => (name === 'launch' ? launch : boundTo(target, Reflect.get(target, name, target))),
    });
    await new Supervisor({ ...ports, executor }).run(options);
    break;
  }
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

function boundTo(target: object, value: unknown): unknown {
  return typeof value === 'function' ? (value.bind(target) as unknown) : value;
}
