import * as vscode from 'vscode';
import { type ConcerningRun, concerning, type NewsKind, newsAmong, newsKinds, type WatchedRun } from './attention.ts';
import { settings } from './identifiers.ts';
import { localized } from './localized.ts';
import { noticeOf } from './news-words.ts';
import type { RunsFeed } from './runs-feed.ts';
import type { WorkspaceRepositories } from './workspace-repositories.ts';

export interface NotificationsOptions {
  readonly feed: RunsFeed;
  readonly repositories: WorkspaceRepositories;
  /** Keeps until when people know what ended, for the next window. */
  readonly memory: vscode.Memento;
  /** Where what goes wrong is told. */
  readonly report: (during: string, error: unknown) => void;
}

/** What begins at about the same time is told at once. */
const gatherMilliseconds = 1000;

/** Between two notifications there is as much time at least: what comes meanwhile is one. */
const apartMilliseconds = 10_000;

/** The end of the newest run that people were told of. Epoch milliseconds. */
const knownUntil = 'warden.knownUntil';

const settingOf: Readonly<Record<NewsKind, string>> = {
  stuck: settings.stuckNotifications,
  waiting: settings.waitingNotifications,
  limits: settings.limitNotifications,
  failed: settings.failedNotifications,
  killed: settings.killedNotifications,
};

/** Tells once for a run and state that it needs a person, or ended badly; several at once are one notification. */
export class Notifications implements vscode.Disposable {
  readonly #options: NotificationsOptions;
  readonly #subscription: vscode.Disposable;
  readonly #since: number;
  #concerned: readonly ConcerningRun[] = [];
  /** Runs that are to be told of next. */
  readonly #untold = new Set<string>();
  #timer: NodeJS.Timeout | null = null;
  #lastTold = -Infinity;

  constructor(options: NotificationsOptions) {
    this.#options = options;
    this.#since = options.memory.get(knownUntil, Date.now());
    this.#remember(this.#since);
    this.#subscription = options.feed.onDidLoad((runs) => this.#look(runs));
  }

  dispose(): void {
    this.#subscription.dispose();
    if (this.#timer !== null) clearTimeout(this.#timer);
  }

  #look(runs: readonly WatchedRun[]): void {
    const configuration = vscode.workspace.getConfiguration();
    const concerned = concerning(
      runs.filter((watched) => this.#isOurs(watched)),
      {
        wanted: new Set(newsKinds.filter((kind) => configuration.get(settingOf[kind], true))),
        now: Date.now(),
        since: this.#since,
      },
    );
    for (const { report } of newsAmong(this.#concerned, concerned)) this.#untold.add(report.run.runId);
    this.#concerned = concerned;
    if (this.#untold.size === 0) return;
    const pause = Math.max(gatherMilliseconds, this.#lastTold + apartMilliseconds - performance.now());
    this.#timer ??= setTimeout(() => this.#tell(), pause);
  }

  /** What has passed since it was found is not told. */
  #tell(): void {
    this.#timer = null;
    const news = this.#concerned.filter(({ report }) => this.#untold.has(report.run.runId));
    this.#untold.clear();
    if (news.length === 0) return;
    this.#lastTold = performance.now();
    this.#remember(Math.max(...news.map(({ report }) => report.run.endedAt ?? 0)));
    show(news).catch((error: unknown) => this.#options.report(vscode.l10n.t('telling of a run'), error));
  }

  #remember(until: number): void {
    const { memory, report } = this.#options;
    if (until <= memory.get(knownUntil, 0)) return;
    memory
      .update(knownUntil, until)
      .then(undefined, (error: unknown) => report(vscode.l10n.t('remembering what was told'), error));
  }

  /** The window with the repository tells of it; of a repository that no window may have open, the one that watches. */
  #isOurs({ report }: WatchedRun): boolean {
    const { repositories, feed } = this.#options;
    return repositories.known.includes(report.run.repository) || feed.isWatching;
  }
}

async function show(news: readonly ConcerningRun[]): Promise<void> {
  const { text, actions } = noticeOf(news, Date.now(), localized);
  const chosen = await vscode.window.showWarningMessage(text, ...actions.map((action) => ({ ...action })));
  if (chosen !== undefined) await vscode.commands.executeCommand(chosen.command, ...chosen.arguments);
}
