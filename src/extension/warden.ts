import type * as vscode from 'vscode';
import type { AlertsFeed } from './alerts-feed.ts';
import type { Failures } from './failures.ts';
import type { RunsFeed } from './runs-feed.ts';
import type { RunsTree } from './runs-tree.ts';
import type { SupervisorAccess } from './supervisor-access.ts';
import type { Welcome } from './welcome.ts';
import type { WorkspaceRepositories } from './workspace-repositories.ts';
import type { WorktreesTree } from './worktrees-tree.ts';

/** What the commands work with. */
export interface Warden {
  readonly access: SupervisorAccess;
  readonly repositories: WorkspaceRepositories;
  readonly feed: RunsFeed;
  readonly alerts: AlertsFeed;
  readonly runsTree: RunsTree;
  readonly worktreesTree: WorktreesTree;
  readonly welcome: Welcome;
  readonly failures: Failures;
  readonly log: vscode.LogOutputChannel;
}
