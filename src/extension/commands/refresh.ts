import type { Warden } from '../warden.ts';

/** Looks at everything again; opens the database when that has failed before. */
export async function refresh({ access, feed, alerts, worktreesTree, welcome }: Warden): Promise<void> {
  const supervisor = await access.get();
  await supervisor.reconcile();
  feed.refresh();
  alerts.refresh();
  worktreesTree.refresh();
  welcome.refresh();
}
