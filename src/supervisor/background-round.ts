/** Work in the background, one round at a time: whoever begins one does not wait for it. */
export class BackgroundRound {
  readonly #failed: (error: unknown) => void;
  #underWay: Promise<void> | null = null;

  /** @param failed told what a round failed by */
  constructor(failed: (error: unknown) => void) {
    this.#failed = failed;
  }

  get isUnderWay(): boolean {
    return this.#underWay !== null;
  }

  /** Begins a round, unless one is under way. Returns at once. */
  begin(work: () => Promise<void>): void {
    this.#underWay ??= work()
      .catch(this.#failed)
      .finally(() => {
        this.#underWay = null;
      });
  }

  /** Resolves when none is under way. */
  async settled(): Promise<void> {
    await this.#underWay;
  }
}
