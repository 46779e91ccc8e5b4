import * as vscode from 'vscode';
import { alertLines } from './alert-text.ts';
import type { AlertsFeed } from './alerts-feed.ts';
import { needsPerson, type WatchedRun } from './attention.ts';
import { views } from './identifiers.ts';
import { localized } from './localized.ts';
import type { ItemText } from './item-text.ts';
import { lapseLine } from './lapse-words.ts';
import { runItem } from './run-item.ts';
import { type Section, sectionOf, sections } from './run-order.ts';
import type { RunsFeed } from './runs-feed.ts';
import type { WorkspaceRepositories } from './workspace-repositories.ts';
import { sectionItem } from './section-item.ts';
import { treeItemOf } from './tree-item.ts';

/** While somebody looks, the last lines of output are read this often. */
const pollMilliseconds = 2000;

/** The same while a run is being stopped, whose seconds are counted. */
const stoppingPollMilliseconds = 1000;

/** A tree of which a row is drawn anew closes its tooltip: rows that only tell something else are drawn so often at most. */
const redrawMilliseconds = 5000;

/** One run in the tree; the same object for as long as it is shown, so that it can be updated alone. */
export class RunNode {
  item: ItemText;

  section: Section;

  constructor(item: ItemText, section: Section) {
    this.item = item;
    this.section = section;
  }
}

/** What needs a person, runs, waits or is over; there only while there is such a run. */
class SectionNode {
  readonly section: Section;
  runs: readonly RunNode[] = [];

  constructor(section: Section) {
    this.section = section;
  }
}

type Node = SectionNode | RunNode;

/** The view of active and recent runs. */
export class RunsTree implements vscode.TreeDataProvider<Node>, vscode.Disposable {
  readonly #feed: RunsFeed;
  readonly #repositories: WorkspaceRepositories;
  readonly #onDidChangeTreeData = new vscode.EventEmitter<Node[] | undefined>();
  readonly #view: vscode.TreeView<Node>;
  readonly #subscriptions: vscode.Disposable[];
  readonly #sections = sections.map((section) => new SectionNode(section));
  #nodes: ReadonlyMap<string, RunNode> = new Map();
  /** Monotonic milliseconds. */
  #drawnAt = -Infinity;
  #poll: { readonly timer: NodeJS.Timeout; readonly milliseconds: number } | null = null;

  readonly onDidChangeTreeData = this.#onDidChangeTreeData.event;

  constructor(feed: RunsFeed, repositories: WorkspaceRepositories, alerts: AlertsFeed) {
    this.#feed = feed;
    this.#repositories = repositories;
    this.#view = vscode.window.createTreeView(views.runs, { treeDataProvider: this, canSelectMany: true });
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
      feed.onDidChangeSight(() => this.#showMessage(alerts)),
      alerts.onDidChange(() => this.#showMessage(alerts)),
    ];
    this.#pollWhileVisible();
  }

  getChildren(node?: Node): Node[] {
    if (node === undefined) return this.#sections.filter(({ runs }) => runs.length > 0);
    return node instanceof SectionNode ? [...node.runs] : [];
  }

  /** What `reveal` asks for. */
  getParent(node: Node): Node | undefined {
    return node instanceof RunNode ? this.#sections.find(({ section }) => section === node.section) : undefined;
  }

  getTreeItem(node: Node): vscode.TreeItem {
    if (node instanceof RunNode) return treeItemOf(node.item);
    // Whether it was closed by hand VS Code remembers by its id.
    const item = sectionItem(node.section, node.runs.length, localized);
    return treeItemOf(item, vscode.TreeItemCollapsibleState.Expanded);
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
    const milliseconds = this.#feed.runs.some(counts) ? stoppingPollMilliseconds : pollMilliseconds;
    this.#pollEvery(this.#view.visible ? milliseconds : null);
  }

  #pollEvery(milliseconds: number | null): void {
    if (milliseconds === (this.#poll?.milliseconds ?? null)) return;
    if (this.#poll !== null) clearInterval(this.#poll.timer);
    this.#poll =
      milliseconds === null ? null : { timer: setInterval(() => this.#feed.refresh(), milliseconds), milliseconds };
  }

  #update(): void {
    const before = this.#structure();
    const changed = new Map<RunNode, ItemText>();
    let isUrgent = false;
    const now = Date.now();
    const nodes = new Map<string, RunNode>();
    for (const watched of this.#feed.runs) {
      const repositoryName = this.#repositories.nameToShow(watched.report.run.repository);
      const item = runItem({ ...watched, now, repositoryName }, localized);
      const section = sectionOf(watched);
      const node = this.#nodes.get(item.id) ?? new RunNode(item, section);
      node.section = section;
      if (JSON.stringify(node.item) !== JSON.stringify(item)) {
        isUrgent ||=
          counts(watched) || node.item.icon.id !== item.icon.id || node.item.contextValue !== item.contextValue;
        changed.set(node, item);
      }
      nodes.set(item.id, node);
    }
    this.#nodes = nodes;
    for (const one of this.#sections) one.runs = [...nodes.values()].filter(({ section }) => section === one.section);
    this.#showBadge();
    const isAnew = this.#structure() !== before;
    if (!isAnew && !isUrgent && performance.now() - this.#drawnAt < redrawMilliseconds) return;
    for (const [node, item] of changed) node.item = item;
    if (isAnew) this.#onDidChangeTreeData.fire(undefined);
    else if (changed.size > 0) this.#onDidChangeTreeData.fire([...changed.keys()]);
    else return;
    this.#drawnAt = performance.now();
  }

  /** Which runs there are and where: what only a tree that is read anew shows. */
  #structure(): string {
    return this.#sections.map(({ runs }) => runs.map(({ item }) => item.id).join()).join('\n');
  }

  #showMessage({ alerts }: AlertsFeed): void {
    const { lapse } = this.#feed;
    const told = lapse === null ? [] : [lapseLine(lapse, localized)];
    this.#view.message = [...told, ...alertLines(alerts, localized)].join(' ');
  }

  #showBadge(): void {
    const value = this.#feed.runs.filter(needsPerson).length;
    if (value === (this.#view.badge?.value ?? 0)) return;
    const tooltip = value === 1 ? vscode.l10n.t('One run needs you') : vscode.l10n.t('{0} runs need you', value);
    this.#view.badge = value === 0 ? undefined : { value, tooltip };
  }
}

/** The seconds of a stop are counted in its row. */
function counts({ report }: WatchedRun): boolean {
  return report.stopping?.kind === 'stage';
}
