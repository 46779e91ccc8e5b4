/** The command line itself is wrong: the message says how, in one or two sentences. */
export class UsageError extends Error {
  /** The verb whose usage is worth a look; null when there is none yet. */
  readonly verb: string | null;

  constructor(message: string, verb: string | null) {
    super(message);
    this.name = 'UsageError';
    this.verb = verb;
  }
}
