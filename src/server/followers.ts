import { Problem } from './problem.ts';

/** Each looks at its run several times a second, as long as the run goes on. */
const mostFollowers = 100;

/** Who follows a log of a server at the moment: no more than it can look after beside its other work. */
export class Followers {
  #count = 0;

  /** @throws Problem too_many_followers */
  requirePlace(): void {
    if (this.#count < mostFollowers) return;
    const words = `${mostFollowers} follow logs already: ask for parts of it, or try again later.`;
    throw new Problem(503, 'too_many_followers', words);
  }

  /** @returns to be disposed of when he has gone */
  enter(): Disposable {
    this.#count += 1;
    return { [Symbol.dispose]: () => void (this.#count -= 1) };
  }
}
