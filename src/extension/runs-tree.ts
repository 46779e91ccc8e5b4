import * as vscode from 'vscode';
import { needsPerson } from './attention.ts';
import { views } from './identifiers.ts';
import { localized } from './localized.ts';
import type { ItemText } from './item-text.ts';
import { runItem } from './run-item.ts';
import type { RunsFeed } from './runs-feed.ts';
import type { WorkspaceRepositories } from './workspace-repositories.ts';
import { treeItemOf } from './tree-item.ts';

/** While somebody looks, the last lines of output are read this often. */
const pollMilliseconds = 2000;

/** The same while a run is being stopped, whose seconds are counted. */
const stoppingPollMilliseconds = 1000;

/** One run in the tree; the same object for as long as it is shown, so that it can be updated alone. */
export class RunNode {
  item: ItemText;

  constructor(item: ItemText) {
    this.item = item;
  }
}

/** The view of active and recent runs. */
export class RunsTree implements vscode.TreeDataProvider<RunNode>, vscode.Disposable {
  readonly #feed: RunsFeed;
  readonly #repositories: WorkspaceRepositories;
  readonly #onDidChangeTreeData = new vscode.EventEmitter<RunNode[] | undefined>();
  readonly #view: vscode.TreeView<RunNode>;
  readonly #subscriptions: vscode.Disposable[];
  #nodes: ReadonlyMap<string, RunNode> = new Map();
  #poll: { readonly timer: NodeJS.Timeout; readonly milliseconds: number } | null = null;

  readonly onDidChangeTreeData = this.#onDidChangeTreeData.event;

  constructor(feed: RunsFeed, repositories: WorkspaceRepositories) {
    this.#feed = feed;
    this.#repositories = repositories;
    this.#view = vscode.window.createTreeView(views.runs, { treeDataProvider: this });
    this.#subscriptions = [
      this.#onDidChangeTreeData,
      this.#view,
      this.#view.onDidChangeVisibility(({ visible }) => {
        this.#pollWhileVisible();
        if (visible) feed.refresh();
      }),
      feed.onDidLoad(() => {
        this.#update();
        this.#pollWhileVisible();
      }),
    ];
    this.#pollWhileVisible();
  }

  getChildren(node?: RunNode): RunNode[] {
    return node === undefined ? [...this.#nodes.values()] : [];
  }

  /** What `reveal` asks for. */
  getParent(): undefined {
    return undefined;
  }

  getTreeItem({ item }: RunNode): vscode.TreeItem {
    return treeItemOf(item);
  }

  /** Shows and selects a run once it has been read. */
  async reveal(runId: string): Promise<void> {
    if (!this.#nodes.has(runId)) {
      this.#feed.refresh();
      await this.#nextLoad();
    }
    const node = this.#nodes.get(runId);
    if (node !== undefined) await this.#view.reveal(node, { select: true, focus: false });
  }

  dispose(): void {
    this.#pollEvery(null);
    for (const subscription of this.#subscriptions) subscription.dispose();
  }

  #nextLoad(): Promise<void> {
    return new Promise((resolve) => {
      const listening = this.#feed.onDidLoad(() => {
        listening.dispose();
        resolve();
      });
    });
  }

  #pollWhileVisible(): void {
    const counts = this.#feed.runs.some(({ report }) => report.stopping?.kind === 'stage');
    this.#pollEvery(this.#view.visible ? (counts ? stoppingPollMilliseconds : pollMilliseconds) : null);
  }

  #pollEvery(milliseconds: number | null): void {
    if (milliseconds === (this.#poll?.milliseconds ?? null)) return;
    if (this.#poll !== null) clearInterval(this.#poll.timer);
    this.#poll =
      milliseconds === null ? null : { timer: setInterval(() => this.#feed.refresh(), milliseconds), milliseconds };
  }

  #update(): void {
    const before = this.#nodes;
    const changed: RunNode[] = [];
    const now = Date.now();
    const nodes = new Map<string, RunNode>();
    for (const watched of this.#feed.runs) {
      const repositoryName = this.#repositories.nameToShow(watched.report.run.repository);
      const item = runItem({ ...watched, now, repositoryName }, localized);
      const node = before.get(item.id) ?? new RunNode(item);
      if (JSON.stringify(node.item) !== JSON.stringify(item)) {
        node.item = item;
        changed.push(node);
      }
      nodes.set(item.id, node);
    }
    this.#nodes = nodes;
    this.#showBadge();
    if ([...before.keys()].join() !== [...nodes.keys()].join()) this.#onDidChangeTreeData.fire(undefined);
    else if (changed.length > 0) this.#onDidChangeTreeData.fire(changed);
  }

  #showBadge(): void {
    const value = this.#feed.runs.filter(needsPerson).length;
    if (value === (this.#view.badge?.value ?? 0)) return;
    const tooltip = value === 1 ? vscode.l10n.t('One run needs you') : vscode.l10n.t('{0} runs need you', value);
    this.#view.badge = value === 0 ? undefined : { value, tooltip };
  }
}
