import * as vscode from 'vscode';
import type { HeadingText, ItemText } from './item-text.ts';

export function treeItemOf(
  text: HeadingText | ItemText,
  collapsible = vscode.TreeItemCollapsibleState.None,
): vscode.TreeItem {
  const treeItem = new vscode.TreeItem(text.label, collapsible);
  treeItem.id = text.id;
  treeItem.description = text.description;
  treeItem.tooltip = new vscode.MarkdownString(text.tooltip);
  if ('icon' in text) {
    treeItem.iconPath = new vscode.ThemeIcon(text.icon.id, new vscode.ThemeColor(text.icon.color));
  }
  treeItem.contextValue = text.contextValue;
  treeItem.accessibilityInformation = { label: text.accessibleLabel };
  return treeItem;
}
