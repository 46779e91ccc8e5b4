/** Settings that keep the workbench still and empty, so that a test and a screenshot show the extension only. */
export function quietSettings(workspaceTrust: 'off' | 'ask'): Record<string, unknown> {
  return {
    'security.workspace.trust.enabled': workspaceTrust === 'ask',
    'security.workspace.trust.startupPrompt': 'always',
    'security.workspace.trust.banner': 'never',
    'workbench.startupEditor': 'none',
    'workbench.tips.enabled': false,
    'workbench.welcomePage.walkthroughs.openOnInstall': false,
    'workbench.secondarySideBar.defaultVisibility': 'hidden',
    'workbench.enableExperiments': false,
    'workbench.reduceMotion': 'on',
    'chat.disableAIFeatures': true,
    'chat.commandCenter.enabled': false,
    'window.commandCenter': false,
    'extensions.autoCheckUpdates': false,
    'extensions.autoUpdate': false,
    'extensions.ignoreRecommendations': true,
    'git.autofetch': false,
    'git.openRepositoryInParentFolders': 'never',
    'telemetry.telemetryLevel': 'off',
    'update.mode': 'none',
    'window.restoreWindows': 'none',
    // Menus and dialogs of the operating system cannot be driven.
    'window.dialogStyle': 'custom',
    'window.menuStyle': 'custom',
    'window.titleBarStyle': 'custom',
    'files.simpleDialog.enable': true,
  };
}
