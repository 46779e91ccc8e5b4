/** What a tree shows of a run or a worktree. */
export interface ItemText {
  readonly id: string;
  readonly label: string;
  readonly description: string;
  /** Markdown. */
  readonly tooltip: string;
  readonly icon: Icon;
  readonly contextValue: string;
  /** The same in words, for those who do not see it. */
  readonly accessibleLabel: string;
}

/** The names of a codicon and of a theme colour. Each state has a shape of its own, so that the colour only helps. */
export interface Icon {
  readonly id: string;
  readonly color: string;
}
