import Database from 'better-sqlite3';
import { execa } from 'execa';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect } from 'vitest';
import type { RunJson } from '../../src/core/run-json.ts';
import { readStat } from '../../src/processes/linux-stat.ts';
import { eventually } from '../support/eventually.ts';
import { shell } from '../support/temporary-repository.ts';
import { hover, notification, openView, runCommand, statusBarItem, tooltip, treeItem } from './interactions.ts';
import { type Window, windowTest } from './window.ts';

const entry = path.join(import.meta.dirname, '../../dist/bundle/warden.cjs');

/** Six seconds: many looks, and long enough for a processor that others use as well. */
const soon = 0.1;

const slept = 8 * 3_600_000;

const perl = (program: string): { command: string[] } => ({ command: ['perl', '-e', `$| = 1; ${program}`] });
const pause = 'select(undef, undef, undef, 0.2)';
const steps = perl(`for (;;) { print "step ", $i++, "\n"; ${pause} }`);

/** What runs can look like. None of them ends by itself within the test. */
const agents = {
  hung: { ...shell('echo begun; exec sleep 600'), stuckAfterMinutes: soon },
  spinner: {
    ...perl(`@s = split //, '|/-\\\\'; for ($i = 0; ; $i++) { print "\\r$s[$i % 4] working"; ${pause} }`),
    stuckAfterMinutes: soon,
  },
  busy: { ...perl('print "begun\n"; 1 while 1'), stuckAfterMinutes: soon },
  asker: { ...shell("printf 'Overwrite main.ts? [y/N] '; exec sleep 600"), stuckAfterMinutes: soon },
  late: { ...steps, timeoutMinutes: soon, stuckAfterMinutes: soon / 2, onTimeout: 'notify' },
  leak: {
    ...perl(`for (1 .. 600) { push @kept, 'x' x 2_000_000 if $_ < 50; print "step $_\n"; ${pause} }`),
    limits: { memoryMegabytes: 60 },
  },
  sleeper: steps,
};

type Agent = keyof typeof agents;

const names = Object.keys(agents) as Agent[];

/** Of each run: how grave it is, why, and what the tree calls it. */
const expected: Readonly<Record<Agent, { level: string; why: RegExp | null; state: string }>> = {
  hung: { level: 'critical', why: /^no output for [\d.]+ s and no CPU used; limit 6 s$/, state: 'running, needs you' },
  spinner: {
    level: 'critical',
    why: /^nothing new in its output for [\d.]+ s, only the same again, and no CPU used; limit 6 s$/,
    state: 'running, needs you',
  },
  busy: { level: 'healthy', why: null, state: 'running' },
  asker: {
    level: 'warning',
    why: /^waiting for a person for [\d.]+ s: Overwrite main\.ts\? \[y\/N\]$/,
    state: 'running, waits for you',
  },
  late: { level: 'critical', why: /^running for [\d.]+ s; limit 6 s$/, state: 'running, needs you' },
  leak: { level: 'critical', why: /^[\d.]+ MB of memory; limit 60 MB$/, state: 'running, needs you' },
  sleeper: { level: 'healthy', why: null, state: 'running' },
};

/** As it stands within another text. */
const within = (why: RegExp): RegExp => new RegExp(why.source.slice(1, -1));

const environmentOf = ({ repository, stateFolder }: Window) => ({
  cwd: repository,
  env: { WARDEN_STATE_DIR: stateFolder, WARDEN_NO_WATCH: '1' },
});

async function warden(window: Window, ...parameters: string[]): Promise<RunJson> {
  const { stdout } = await execa(process.execPath, [entry, ...parameters, '--json'], environmentOf(window));
  return JSON.parse(stdout) as RunJson;
}

async function start(window: Window): Promise<ReadonlyMap<Agent, string>> {
  await writeFile(path.join(window.repository, '.vscode/workflows.json'), JSON.stringify({ workflows: agents }));
  const started = new Map<Agent, string>();
  for (const name of names) started.set(name, (await warden(window, 'run', name)).run_id);
  return started;
}

/** In the terminal, the tree and the status bar: what is the matter with each run, in words, and nothing with the others. */
async function expectEachToldApart(window: Window, runs: ReadonlyMap<Agent, string>): Promise<void> {
  const { page } = window.workbench;
  for (const name of names) {
    const { level, why, state } = expected[name];
    await eventually(async () => {
      const { health } = await warden(window, 'status', runs.get(name)!);
      expect(health).toEqual({ level, reasons: why === null ? [] : [expect.stringMatching(why)] });
      return true;
    });
    const said = why === null ? '.*' : within(why).source;
    await treeItem(page, new RegExp(`^${name}, ${state}, for [^,]+, ${said}$`), 'Runs').waitFor();
  }
  const item = statusBarItem(page, /Warden: 5 need you · 7 running/);
  await item.waitFor();
  for (const { why } of Object.values(expected)) {
    if (why !== null) expect(await item.getAttribute('aria-label')).toMatch(within(why));
  }
}

/**
 * Everything that was seen of the runs lies eight hours back, as when the machine has slept for so long: done while nobody
 * watches, since the extension host was killed, so that the next look is the first that comes after it.
 */
async function sleepForEightHours({ stateFolder, workbench }: Window, runId: string): Promise<void> {
  const host = await workbench.extensionHostPid();
  process.kill(host, 'SIGKILL');
  await eventually(() => readStat(host)?.state !== 'alive');
  const database = new Database(path.join(stateFolder, 'warden.db'), { timeout: 1000 });
  try {
    database.function('earlier', (info) => JSON.stringify(JSON.parse(String(info)), earlier));
    database.transaction(() => {
      database.exec(`UPDATE workflow_processes SET process_info = earlier(process_info),
        started_at = started_at - ${slept}, last_heartbeat = last_heartbeat - ${slept}`);
      database.exec(`UPDATE observations SET observation = earlier(observation), at = at - ${slept}`);
      database.exec(`UPDATE workflow_runs SET created_at = created_at - ${slept}, started_at = started_at - ${slept}`);
    })();
    const seen = database.prepare('SELECT observation FROM observations WHERE run_id = ?').pluck();
    await eventually(() => JSON.parse(String(seen.get(runId))).unseenMilliseconds > slept - 60_000);
  } finally {
    database.close();
  }
}

/** The times of the monotonic clock among what is kept of a process. */
function earlier(key: string, value: unknown): unknown {
  return typeof value === 'number' && key.endsWith('onotonic') ? value - slept : value;
}

windowTest(
  'hung, drawing, busy, asking, late and leaking runs are told apart, in words, also after the machine has slept',
  { userSettings: { 'workbench.hover.delay': 100 } },
  async (window) => {
    const { page } = window.workbench;
    await openView(page, 'Workflow Warden');
    const runs = await start(window);
    await expectEachToldApart(window, runs);
    await treeItem(page, 'Needs You, 5 runs', 'Runs').waitFor();
    await treeItem(page, 'Running, 2 runs', 'Runs').waitFor();
    await page.getByRole('tab', { name: 'Workflow Warden - 5 runs need you' }).waitFor();
    await hover(treeItem(page, /^asker/, 'Runs'), tooltip(page, /warning: waiting for a person .*Overwrite/));
    await hover(statusBarItem(page, /Warden:/), tooltip(page, /hung: no output for/));

    await sleepForEightHours(window, runs.get('sleeper')!);
    await treeItem(page, /^sleeper, running, for 8 h, step/, 'Runs').waitFor();
    await expectEachToldApart(window, runs);
    await runCommand(page, 'Notifications: Show Notifications');
    // The extension host that was killed had told of them too.
    await notification(page, /asker/).first().waitFor();
    expect(await notification(page, /sleeper|busy|8 h/).count()).toBe(0);
  },
);
