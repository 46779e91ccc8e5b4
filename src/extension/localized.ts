import * as vscode from 'vscode';
import type { Translate } from '../core/translate.ts';

/** Templates in the language that VS Code shows. */
export const localized: Translate = (template, ...values) => vscode.l10n.t(template, ...values);
