import * as vscode from 'vscode';
import { AlertsFeed } from './alerts-feed.ts';
import { createApi } from './api.ts';
import { AuditContent } from './audit-content.ts';
import { BaseContent } from './base-content.ts';
import { Failures } from './failures.ts';
import { auditScheme, baseScheme } from './identifiers.ts';
import { HttpServing } from './http-serving.ts';
import { McpServers } from './mcp-servers.ts';
import { Notifications } from './notifications.ts';
import { PermissionRequests } from './permission-requests.ts';
import { registerCommands } from './register-commands.ts';
import { RunsFeed } from './runs-feed.ts';
import { RunsTree } from './runs-tree.ts';
import { startStandIn } from './stand-in.ts';
import { StatusBar } from './status-bar.ts';
import { SupervisorAccess } from './supervisor-access.ts';
import type { WardenApi } from './warden-api.ts';
import { Welcome } from './welcome.ts';
import { WorkflowDiagnostics } from './workflow-diagnostics.ts';
import { WorkspaceRepositories } from './workspace-repositories.ts';
import { WorktreesTree } from './worktrees-tree.ts';

let leave: (() => Promise<void>) | null = null;

/** Builds and registers everything; the database is opened once the views exist. */
export async function activate(context: vscode.ExtensionContext): Promise<WardenApi> {
  const log = vscode.window.createOutputChannel('Workflow Warden', { log: true });
  const failures = new Failures(log);
  const entry = context.asAbsolutePath('dist/bundle/warden.cjs');
  const access = new SupervisorAccess({ entry, diagnostics: failures });
  const repositories = new WorkspaceRepositories(access, failures);
  const feed = new RunsFeed(access, failures);
  const alerts = new AlertsFeed(access, failures);
  const runsTree = new RunsTree(feed, repositories, alerts);
  const worktreesTree = new WorktreesTree({ access, feed, alerts, repositories, diagnostics: failures });
  const welcome = new Welcome(access, repositories, failures);
  const report = (during: string, error: unknown): void => failures.report(during, error);
  context.subscriptions.push(
    log,
    access,
    repositories,
    feed,
    alerts,
    runsTree,
    worktreesTree,
    welcome,
    new StatusBar(feed, alerts),
    new Notifications({ feed, repositories, memory: context.workspaceState, report }),
    new PermissionRequests({ access, feed, repositories, report, diagnostics: failures }),
    new WorkflowDiagnostics(),
    new McpServers({ entry, version: (context.extension.packageJSON as { version: string }).version }),
    new HttpServing(entry, log),
    vscode.workspace.registerTextDocumentContentProvider(baseScheme, new BaseContent(access)),
    vscode.workspace.registerTextDocumentContentProvider(auditScheme, new AuditContent(access)),
    ...registerCommands({ access, repositories, feed, alerts, runsTree, worktreesTree, welcome, failures, log }),
  );
  leave = async () => {
    if (access.opened !== null) await startStandIn(access.opened, entry, failures);
    await access.close();
  };
  void open(access, welcome, report);
  return createApi(access, feed);
}

async function open(
  access: SupervisorAccess,
  welcome: Welcome,
  report: (during: string, error: unknown) => void,
): Promise<void> {
  const during = vscode.l10n.t('opening the list of runs');
  try {
    const supervisor = await access.get();
    await supervisor.reconcile();
  } catch (error) {
    report(during, error);
    welcome.refresh();
  }
}

/** Ends what this window does; the runs go on. VS Code gives it five seconds. */
export async function deactivate(): Promise<void> {
  await leave?.();
  leave = null;
}
