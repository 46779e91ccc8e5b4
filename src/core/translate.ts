/**
 * Fills `{0}`, `{1}` … of a template, in the reader's language where there is one: `vscode.l10n.t` is one such.
 * The templates are plain English and serve as the keys of translations.
 */
export type Translate = (template: string, ...values: (string | number)[]) => string;

/** The templates as they are. A value is never read as a template itself. */
export const plainEnglish: Translate = (template, ...values) =>
  template.replaceAll(/\{(\d+)\}/g, (placeholder, index: string) => String(values[Number(index)] ?? placeholder));
