import Database from 'better-sqlite3';
import { execa } from 'execa';
import { existsSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect } from 'vitest';
import { readStat } from '../../src/processes/linux-stat.ts';
import { eventually } from '../support/eventually.ts';
import { leaseNow } from '../support/lease-now.ts';
import { processesOf } from '../support/run-processes.ts';
import { shell } from '../support/temporary-repository.ts';
import { answer, contextMenu, modalDialog, openView, treeItem, untilTaken } from './interactions.ts';
import { type RunRow, type Window, windowTest } from './window.ts';

const entry = path.join(import.meta.dirname, '../../dist/bundle/warden.cjs');

/** Whoever waits for it goes on once it exists. */
const signalFile = ({ repository }: Window): string => path.join(path.dirname(repository), 'go-on');

/** Agents that end when they are told to by the file, or not at all; only the last one heeds SIGTERM. */
function agents(window: Window) {
  const untilToldTo = `until [ -e '${signalFile(window)}' ]; do sleep 0.1; done`;
  const long = { waitSeconds: 120, gracefulSeconds: 120, forcedSeconds: 120 };
  const section = '"$WARDEN_RUN_DIR/critical/upload"';
  return {
    // Whoever kills it waits for its critical section first.
    writer: { ...shell(`echo $$ > ${section}; ${untilToldTo}; rm ${section}; exec sleep 600`), kill: long },
    // Sits in the graceful phase until it is told to go on.
    patient: { ...shell(`trap '' TERM; ${untilToldTo}`), kill: long },
    // The same in the forced phase, which it comes to at once.
    tough: { ...shell(`trap '' TERM; ${untilToldTo}`), kill: { ...long, gracefulSeconds: 0 } },
    // Has to be killed by the system, after a while.
    deaf: { ...shell(`trap '' TERM; ${untilToldTo}`), kill: { gracefulSeconds: 3, forcedSeconds: 3 } },
    // Takes the system a moment to kill.
    crowd: shell(`trap '' TERM; for child in $(seq 200); do sleep 600 & done; echo all; wait; sleep 600`),
    worker: shell(`echo begun; ${untilToldTo}; echo done; exit 7`),
    sleeper: { command: ['sleep', '600'] },
  };
}

type Agent = keyof ReturnType<typeof agents>;

/** Starts runs as a command line beside the window does, and shows them in the window. */
async function start<Name extends Agent>(window: Window, ...names: Name[]): Promise<Record<Name, RunRow>> {
  const { repository, stateFolder } = window;
  await writeFile(path.join(repository, '.vscode/workflows.json'), JSON.stringify({ workflows: agents(window) }));
  await openView(window.workbench.page, 'Workflow Warden');
  const started = names.map(async (name) => {
    // It is the window that watches.
    const env = { WARDEN_STATE_DIR: stateFolder, WARDEN_NO_WATCH: '1' };
    await execa(process.execPath, [entry, 'run', name], { cwd: repository, env });
    const row = await window.run(name, 'running');
    // Rows move when what they show begins to run, and a click is to meet the one that it was meant for.
    await item(window, name, ', running').waitFor();
    return [name, row] as const;
  });
  return Object.fromEntries(await Promise.all(started)) as Record<Name, RunRow>;
}

const item = ({ workbench: { page } }: Window, name: Agent, says = '') =>
  treeItem(page, new RegExp(`^${name}.*${says}`), 'Runs').first();

async function killInTree(window: Window, ...names: Agent[]): Promise<void> {
  for (const name of names) {
    // By its menu: its row moves as soon as it is being stopped.
    const question = modalDialog(window.workbench.page, `Kill ${name}?`);
    const isOver = (): boolean => newest(window, name).status !== 'running';
    // A critical section that is under way is shown first.
    await chooseInMenu(window, name, 'Kill Run', async () => isOver() || (await question.isVisible()));
    if (name === 'writer') await answer(question, 'Kill');
    await eventually(isOver);
  }
}

/** Until the decision to kill it by force is written: who carries it out has only begun. */
async function forceKill(window: Window, name: Agent): Promise<void> {
  const question = modalDialog(window.workbench.page, new RegExp(`Force kill ${name}\\?`));
  await chooseInMenu(window, name, 'Force Kill Run', () => question.isVisible());
  await answer(question, 'Force Kill');
  await eventually(
    () => /"force":true/.test(newest(window, name).stop ?? '') || newest(window, name).ended_at !== null,
  );
}

async function chooseInMenu(
  window: Window,
  name: Agent,
  entry: string,
  isTaken: () => boolean | Promise<boolean>,
): Promise<void> {
  const { page } = window.workbench;
  await contextMenu(page, item(window, name), entry);
  await untilTaken(page, name, isTaken);
}

const newest = (window: Window, name: Agent): RunRow =>
  window.runs().findLast(({ workflow_name }) => workflow_name === name)!;

const goOn = (window: Window): Promise<void> => writeFile(signalFile(window), '');

/** Ended once, by this method and with nothing left, as seen from outside. */
async function expectKilled(window: Window, { run_id, workflow_name }: RunRow, method: string): Promise<void> {
  await eventually(() => newest(window, workflow_name as Agent).ended_at !== null);
  const { status, kill_report } = newest(window, workflow_name as Agent);
  expect({ workflow_name, status }).toEqual({
    workflow_name,
    status: method === 'system' ? 'killed' : 'terminated',
  });
  expect(JSON.parse(kill_report!)).toMatchObject({ success: true, method, survivors: [] });
  expect(processesOf(run_id)).toEqual([]);
  const database = new Database(path.join(window.stateFolder, 'warden.db'), { readonly: true, timeout: 1000 });
  const sql = "SELECT count(*) FROM audit_log WHERE run_id = ? AND action = 'kill' AND outcome = 'done'";
  expect(database.prepare(sql).pluck().get(run_id)).toBe(1);
  database.close();
}

const outputOf = ({ stateFolder }: Window, { run_id }: RunRow): string =>
  readFileSync(path.join(stateFolder, 'runs', run_id, 'output.log'), 'utf8');

windowTest('a reload leaves runs alone, and a kill goes on in whatever stage it is', {}, async (window) => {
  const runs = await start(window, 'worker', 'writer', 'patient', 'tough', 'crowd');
  await killInTree(window, 'writer', 'patient', 'tough');
  await item(window, 'writer', 'waiting for upload .*s of 2 min').waitFor();
  await item(window, 'patient', 'asked to end, .*s of 2 min').waitFor();
  await item(window, 'tough', 'its children killed, asked again, .*s of 2 min').waitFor();
  await forceKill(window, 'crowd');
  await window.workbench.reload();
  await openView(window.workbench.page, 'Workflow Warden');

  await expectKilled(window, runs.crowd, 'system');
  await item(window, 'patient', 'asked to end, .*s of 2 min').waitFor();
  await chooseInMenu(window, 'tough', 'Force Now', () => newest(window, 'tough').ended_at !== null);
  await expectKilled(window, runs.tough, 'system');
  await goOn(window);
  await expectKilled(window, runs.writer, 'graceful');
  expect(JSON.parse(newest(window, 'writer').kill_report!)).toMatchObject({ waitedFor: [{ name: 'upload' }] });
  await expectKilled(window, runs.patient, 'graceful');
  expect(await window.run('worker', 'failed')).toMatchObject({ run_id: runs.worker.run_id, exit_code: 7 });
  expect(outputOf(window, runs.worker)).toBe('begun\ndone\n');
  await item(window, 'worker', 'exit code 7').waitFor();
});

windowTest(
  'warden watch stands in for a window that is closed, and hands over to the one that comes back',
  {},
  async (window) => {
    const runs = await start(window, 'sleeper', 'worker', 'deaf');
    const before = processesOf(runs.sleeper.run_id);
    expect(before.length).toBeGreaterThan(0);
    await killInTree(window, 'deaf');
    await window.workbench.closeWindow();

    const standIn = await eventually(() => {
      const lease = leaseNow(window.stateFolder);
      return lease?.face === 'watch' ? lease.pid : null;
    });
    expect(readStat(standIn)).toMatchObject({ sessionId: standIn, groupId: standIn });
    await expectKilled(window, runs.deaf, 'system');
    await goOn(window);
    expect(await window.run('worker', 'failed')).toMatchObject({ exit_code: 7 });
    expect(outputOf(window, runs.worker)).toBe('begun\ndone\n');
    expect(leaseNow(window.stateFolder)).toEqual({ pid: standIn, face: 'watch' });

    await window.workbench.reopen();
    await eventually(() => leaseNow(window.stateFolder)?.face === 'vscode');
    await eventually(() => !existsSync(`/proc/${standIn}`));
    expect(leaseNow(window.stateFolder)?.pid).toBe(await window.workbench.extensionHostPid());
    expect(processesOf(runs.sleeper.run_id)).toEqual(before);
    await openView(window.workbench.page, 'Workflow Warden');
    await item(window, 'sleeper', 'running').waitFor();
    await item(window, 'worker', 'exit code 7').waitFor();
  },
);

windowTest('a killed extension host does not take its runs with it, and its kills are finished', {}, async (window) => {
  const runs = await start(window, 'sleeper', 'deaf', 'crowd');
  const before = processesOf(runs.sleeper.run_id);
  const host = await window.workbench.extensionHostPid();
  expect(leaseNow(window.stateFolder)).toEqual({ pid: host, face: 'vscode' });
  await killInTree(window, 'deaf');
  await forceKill(window, 'crowd');
  process.kill(host, 'SIGKILL');

  await eventually(async () => (await window.workbench.extensionHostPid()) !== host);
  await expectKilled(window, runs.deaf, 'system');
  await expectKilled(window, runs.crowd, 'system');
  expect(processesOf(runs.sleeper.run_id)).toEqual(before);
  expect((await window.run('sleeper', 'running')).run_id).toBe(runs.sleeper.run_id);
  await eventually(async () => leaseNow(window.stateFolder)?.pid === (await window.workbench.extensionHostPid()));
});
