/** Exit code of what Ctrl+C ended, as shells have it: 128 and the signal's number. */
export const interruptedExitCode = 130;

/** While `work` goes on, an interrupt ends the program as ever, but not without a word about what becomes of it. */
export async function withLastWord<Result>(sayIt: () => void, work: Promise<Result>): Promise<Result> {
  const leave = (): void => {
    sayIt();
    process.exit(interruptedExitCode);
  };
  process.on('SIGINT', leave);
  try {
    return await work;
  } finally {
    process.off('SIGINT', leave);
  }
}

/** While `work` goes on, an interrupt does not end the program: it aborts the signal. */
export async function withInterruption<Result>(work: (interrupted: AbortSignal) => Promise<Result>): Promise<Result> {
  const controller = new AbortController();
  const interrupt = (): void => controller.abort();
  process.on('SIGINT', interrupt);
  process.on('SIGTERM', interrupt);
  try {
    return await work(controller.signal);
  } finally {
    process.off('SIGINT', interrupt);
    process.off('SIGTERM', interrupt);
  }
}
