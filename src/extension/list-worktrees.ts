import * as vscode from 'vscode';
import { defaultMaxAgeHours, type WorktreeEntry } from '../supervisor/cleanup.ts';
import { settings } from './identifiers.ts';
import type { Warden } from './warden.ts';

/** The worktrees of the open repositories, with their sizes as they were measured last. */
export async function listWorktrees({
  access,
  repositories,
}: Pick<Warden, 'access' | 'repositories'>): Promise<WorktreeEntry[]> {
  const supervisor = await access.get();
  const maxAgeHours = configuredAge();
  const directories = await repositories.find();
  const lists = directories.map((directory) => supervisor.worktrees({ directory, maxAgeHours, sizes: 'known' }));
  return (await Promise.all(lists)).flat();
}

/** In hours: runs that ended later keep their worktrees. */
export function configuredAge(): number {
  return vscode.workspace.getConfiguration().get(settings.cleanupMaxAgeHours, defaultMaxAgeHours);
}
