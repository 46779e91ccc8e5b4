/** What a tree shows of a section. */
export interface HeadingText {
  readonly id: string;
  readonly label: string;
  readonly description: string;
  /** Markdown. */
  readonly tooltip: string;
  readonly contextValue: string;
  /** The same in words, for those who do not see it. */
  readonly accessibleLabel: string;
}

/** What a tree shows of a run or a worktree. */
export interface ItemText extends HeadingText {
  readonly icon: Icon;
}

/** The names of a codicon and of a theme colour. Each state has a shape of its own, so that the colour only helps. */
export interface Icon {
  readonly id: string;
  readonly color: string;
}
