import type { World } from './world.ts';

/** Ends a git of ours with all that it started, by the cookie that they carry: a filter of the repository may never end. */
export async function endOwnGit(world: World, cookie: string): Promise<void> {
  const { bootId, processes } = await world.executor.look();
  const working = [...processes.values()].filter((facts) => facts.cookie === cookie);
  const identities = working.map(({ pid, startTime }) => ({ bootId, pid, startTime }));
  await world.executor.signal(identities.map((identity) => ({ identity, signal: 'SIGKILL' })));
}
