import * as vscode from 'vscode';
import { isWardenError } from '../core/errors.ts';
import { describeError } from '../core/messages.ts';
import type { Diagnostics } from '../core/ports/diagnostics.ts';
import { defaultMaxAgeHours, type WorktreeEntry } from '../supervisor/cleanup.ts';
import { settings, views } from './identifiers.ts';
import { localized } from './localized.ts';
import type { RunsFeed } from './runs-feed.ts';
import type { SupervisorAccess } from './supervisor-access.ts';
import { worktreeItem } from './worktree-item.ts';
import type { WorkspaceRepositories } from './workspace-repositories.ts';
import { treeItemOf } from './tree-item.ts';

/** One worktree in the tree. */
export class WorktreeNode {
  readonly entry: WorktreeEntry;

  constructor(entry: WorktreeEntry) {
    this.entry = entry;
  }
}

export interface WorktreesTreeOptions {
  readonly access: SupervisorAccess;
  readonly feed: RunsFeed;
  readonly repositories: WorkspaceRepositories;
  readonly diagnostics: Diagnostics;
}

/** The view of the worktrees that we made. Measuring them is dear, so it is done only while somebody looks. */
export class WorktreesTree implements vscode.TreeDataProvider<WorktreeNode>, vscode.Disposable {
  readonly #options: WorktreesTreeOptions;
  readonly #onDidChangeTreeData = new vscode.EventEmitter<void>();
  readonly #view: vscode.TreeView<WorktreeNode>;
  readonly #subscriptions: vscode.Disposable[];
  #statuses = '';
  #stale = false;

  readonly onDidChangeTreeData = this.#onDidChangeTreeData.event;

  constructor(options: WorktreesTreeOptions) {
    this.#options = options;
    this.#view = vscode.window.createTreeView(views.worktrees, { treeDataProvider: this });
    this.#subscriptions = [
      this.#onDidChangeTreeData,
      this.#view,
      this.#view.onDidChangeVisibility(() => this.#refreshIfStale()),
      options.repositories.onDidChange(() => this.refresh()),
      options.feed.onDidLoad(() => this.#compareStatuses()),
    ];
  }

  /** Looks again, now or when it is next seen. */
  refresh(): void {
    this.#stale = true;
    this.#refreshIfStale();
  }

  async getChildren(node?: WorktreeNode): Promise<WorktreeNode[]> {
    if (node !== undefined || this.#options.access.opened === null) return [];
    try {
      const entries = await this.#read();
      this.#view.message = '';
      return entries.map((entry) => new WorktreeNode(entry));
    } catch (error) {
      this.#options.diagnostics.failed('listing the worktrees', error);
      this.#view.message = isWardenError(error) ? describeError(error, localized) : String(error);
      return [];
    }
  }

  getTreeItem({ entry }: WorktreeNode): vscode.TreeItem {
    const name = this.#options.repositories.nameToShow(entry.worktree.repository);
    const item = worktreeItem(entry, name, localized);
    return treeItemOf(item);
  }

  dispose(): void {
    for (const subscription of this.#subscriptions) subscription.dispose();
  }

  async #read(): Promise<WorktreeEntry[]> {
    const { access, repositories } = this.#options;
    const supervisor = await access.get();
    const maxAgeHours = vscode.workspace.getConfiguration().get(settings.cleanupMaxAgeHours, defaultMaxAgeHours);
    const directories = await repositories.find();
    const entries = await Promise.all(directories.map((directory) => supervisor.worktrees({ directory, maxAgeHours })));
    return entries.flat();
  }

  #compareStatuses(): void {
    const statuses = this.#options.feed.runs
      .map(({ report: { run } }) => `${run.runId} ${run.status} ${run.worktree?.path ?? ''}`)
      .sort()
      .join('\n');
    if (statuses === this.#statuses) return;
    this.#statuses = statuses;
    this.refresh();
  }

  #refreshIfStale(): void {
    if (!this.#stale || !this.#view.visible) return;
    this.#stale = false;
    this.#onDidChangeTreeData.fire();
  }
}
