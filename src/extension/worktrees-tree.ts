import * as vscode from 'vscode';
import { isWardenError } from '../core/errors.ts';
import { describeError } from '../core/messages.ts';
import type { Diagnostics } from '../core/ports/diagnostics.ts';
import type { OtherWorktree } from '../core/ports/worktrees.ts';
import type { WorktreeEntry } from '../supervisor/cleanup.ts';
import type { DiskReport } from '../supervisor/disk-usage.ts';
import type { KeptWork } from '../supervisor/kept-work.ts';
import type { AlertsFeed } from './alerts-feed.ts';
import { budgetLines, diskTotal } from './disk-words.ts';
import { views } from './identifiers.ts';
import { keptItem } from './kept-item.ts';
import { listWorktrees } from './list-worktrees.ts';
import { localized } from './localized.ts';
import type { RunsFeed } from './runs-feed.ts';
import type { SupervisorAccess } from './supervisor-access.ts';
import { treeItemOf } from './tree-item.ts';
import type { WorkspaceRepositories } from './workspace-repositories.ts';
import { otherWorktreeItem } from './other-worktree-item.ts';
import { worktreeItem } from './worktree-item.ts';
import { worktreeSectionOf, worktreeSections, worktreesInOrder } from './worktree-order.ts';
import { type TreeSection, worktreeSectionItem } from './worktree-section-item.ts';

/** One worktree in the tree. */
export class WorktreeNode {
  readonly entry: WorktreeEntry;

  constructor(entry: WorktreeEntry) {
    this.entry = entry;
  }
}

/** A run whose worktree has gone and whose work is kept. */
export class KeptNode {
  readonly kept: KeptWork;

  constructor(kept: KeptWork) {
    this.kept = kept;
  }
}

/** A worktree that is no run's. */
class OtherNode {
  readonly repository: string;
  readonly other: OtherWorktree;

  constructor(repository: string, other: OtherWorktree) {
    this.repository = repository;
    this.other = other;
  }
}

/** There only while there is anything in it. */
class SectionNode {
  readonly section: TreeSection;
  readonly nodes: readonly (WorktreeNode | KeptNode | OtherNode)[];

  constructor(section: TreeSection, nodes: SectionNode['nodes']) {
    this.section = section;
    this.nodes = nodes;
  }
}

type Node = SectionNode | WorktreeNode | KeptNode | OtherNode;

export interface WorktreesTreeOptions {
  readonly access: SupervisorAccess;
  readonly feed: RunsFeed;
  readonly alerts: AlertsFeed;
  readonly repositories: WorkspaceRepositories;
  readonly diagnostics: Diagnostics;
}

/** The view of the worktrees that we made. Looking at them is dear, so it is done only while somebody looks. */
export class WorktreesTree implements vscode.TreeDataProvider<Node>, vscode.Disposable {
  readonly #options: WorktreesTreeOptions;
  readonly #onDidChangeTreeData = new vscode.EventEmitter<void>();
  readonly #view: vscode.TreeView<Node>;
  readonly #subscriptions: vscode.Disposable[];
  /** What was seen last; null until somebody has looked. */
  #sections: readonly SectionNode[] | null = null;
  /** As JSON. */
  #drawn = '';
  #looking: Promise<void> | null = null;
  #statuses = '';
  #shownDisk = '';
  #stale = false;
  #measuring = false;
  /** What is drawn next was just measured. */
  #isMeasured = false;
  #disposed = false;

  readonly onDidChangeTreeData = this.#onDidChangeTreeData.event;

  constructor(options: WorktreesTreeOptions) {
    this.#options = options;
    this.#view = vscode.window.createTreeView(views.worktrees, { treeDataProvider: this });
    this.#subscriptions = [
      this.#onDidChangeTreeData,
      this.#view,
      this.#view.onDidChangeVisibility(() => this.#refreshIfStale()),
      options.repositories.onDidChange(() => {
        // Their names may be told from now on, or no more.
        this.#drawn = '';
        this.refresh();
      }),
      options.feed.onDidLoad(() => this.#compareStatuses()),
    ];
  }

  /** Looks again, now or when it is next seen. */
  refresh(): void {
    this.#stale = true;
    this.#refreshIfStale();
  }

  async getChildren(node?: Node): Promise<Node[]> {
    if (node !== undefined) return node instanceof SectionNode ? [...node.nodes] : [];
    if (this.#options.access.opened === null) return [];
    // VS Code has no rows from when it asks until it is answered, and who clicks on one meanwhile clicks on nothing.
    if (this.#sections === null) await this.#look();
    this.#drawn = JSON.stringify(this.#sections);
    return [...(this.#sections ?? [])];
  }

  getTreeItem(node: Node): vscode.TreeItem {
    const { repositories } = this.#options;
    if (node instanceof WorktreeNode) {
      const name = repositories.nameToShow(node.entry.worktree.repository);
      return treeItemOf(worktreeItem(node.entry, name, localized));
    }
    if (node instanceof KeptNode) {
      const name = repositories.nameToShow(node.kept.run.repository);
      return treeItemOf(keptItem(node.kept, name, Date.now(), localized));
    }
    if (node instanceof OtherNode) {
      return treeItemOf(otherWorktreeItem(node.other, repositories.nameToShow(node.repository), localized));
    }
    const item = worktreeSectionItem(node.section, node.nodes.length, localized);
    const { Expanded, Collapsed } = vscode.TreeItemCollapsibleState;
    return treeItemOf(item, node.section === 'kept' || node.section === 'others' ? Collapsed : Expanded);
  }

  dispose(): void {
    this.#disposed = true;
    for (const subscription of this.#subscriptions) subscription.dispose();
  }

  /** Once however often it is asked for meanwhile, and once more where that was since it began. */
  #look(): Promise<void> {
    this.#looking ??= this.#lookWhileStale().finally(() => {
      this.#looking = null;
    });
    return this.#looking;
  }

  async #lookWhileStale(): Promise<void> {
    do {
      this.#stale = false;
      await this.#lookOnce();
    } while (this.#stale && !this.#disposed);
  }

  async #lookOnce(): Promise<void> {
    try {
      this.#sections = await this.#read();
      if (!this.#measuring && !this.#isMeasured) void this.#measure();
      this.#isMeasured = false;
    } catch (error) {
      if (this.#disposed) return;
      this.#options.diagnostics.failed('listing the worktrees', error);
      this.#view.message = isWardenError(error) ? describeError(error, localized) : String(error);
      this.#sections = [];
    }
  }

  async #read(): Promise<SectionNode[]> {
    const [entries, kept, others, disk] = await Promise.all([
      listWorktrees(this.#options),
      this.#ofEach((supervisor, directory) => supervisor.keptWork(directory)),
      this.#ofEach(async (supervisor, directory) =>
        (await supervisor.otherWorktrees(directory)).map((other) => new OtherNode(directory, other)),
      ),
      this.#disk(false),
    ]);
    this.#showDisk(disk);
    const ordered = worktreesInOrder(entries);
    const sections = worktreeSections.map((section) => {
      const within = ordered.filter((entry) => worktreeSectionOf(entry) === section);
      return new SectionNode(
        section,
        within.map((entry) => new WorktreeNode(entry)),
      );
    });
    const keptNodes = kept.flat().map((one) => new KeptNode(one));
    return [...sections, new SectionNode('kept', keptNodes), new SectionNode('others', others.flat())].filter(
      ({ nodes }) => nodes.length > 0,
    );
  }

  /** What was measured last is shown at once, and drawn anew when it was measured again. */
  async #measure(): Promise<void> {
    this.#measuring = true;
    try {
      const before = await this.#disk(false);
      const after = await this.#disk(true);
      if (this.#disposed || JSON.stringify(after) === JSON.stringify(before)) return;
      this.#isMeasured = true;
      this.refresh();
    } catch (error) {
      if (!this.#disposed) this.#options.diagnostics.failed('measuring the worktrees', error);
    } finally {
      this.#measuring = false;
    }
  }

  #disk(measure: boolean): Promise<DiskReport[]> {
    return this.#ofEach((supervisor, directory) => supervisor.disk({ directory, measure }));
  }

  #showDisk(reports: readonly DiskReport[]): void {
    const { repositories, alerts } = this.#options;
    const disk = JSON.stringify(reports);
    if (disk !== this.#shownDisk) alerts.refresh();
    this.#shownDisk = disk;
    this.#view.description = diskTotal(reports, localized);
    this.#view.message = budgetLines(reports, (path) => repositories.nameToShow(path), localized).join(' ');
  }

  async #ofEach<Found>(
    look: (supervisor: Awaited<ReturnType<SupervisorAccess['get']>>, directory: string) => Promise<Found>,
  ): Promise<Found[]> {
    const { access, repositories } = this.#options;
    const supervisor = await access.get();
    const directories = await repositories.find();
    return Promise.all(directories.map((directory) => look(supervisor, directory)));
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
    if (!this.#stale || !this.#view.visible || this.#options.access.opened === null) return;
    void this.#look().then(() => this.#drawChanges());
  }

  /** A row that is drawn anew closes its tooltip, and its menu. */
  #drawChanges(): void {
    const seen = JSON.stringify(this.#sections);
    if (this.#disposed || seen === this.#drawn) return;
    this.#drawn = seen;
    this.#onDidChangeTreeData.fire();
  }
}
