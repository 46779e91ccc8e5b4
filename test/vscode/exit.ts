const undo = new Set<() => void>();

process.on('exit', () => {
  for (const step of [...undo].toReversed()) {
    try {
      step();
    } catch {
      // The other steps still have to happen, and nobody is left to be told.
    }
  }
});

/**
 * Has something undone if the process ends before it was undone in the ordinary way; the last comes first.
 *
 * @returns forgets it again
 */
export function onProcessExit(step: () => void): () => void {
  undo.add(step);
  return () => undo.delete(step);
}
