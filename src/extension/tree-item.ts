import * as vscode from 'vscode';
import type { ItemText } from './item-text.ts';

export function treeItemOf(text: ItemText): vscode.TreeItem {
  const treeItem = new vscode.TreeItem(text.label);
  treeItem.id = text.id;
  treeItem.description = text.description;
  treeItem.tooltip = new vscode.MarkdownString(text.tooltip);
  treeItem.iconPath = new vscode.ThemeIcon(text.icon.id, new vscode.ThemeColor(text.icon.color));
  treeItem.contextValue = text.contextValue;
  treeItem.accessibilityInformation = { label: text.accessibleLabel };
  return treeItem;
}
