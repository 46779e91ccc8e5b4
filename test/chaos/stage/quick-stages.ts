/** A patient kill, without the patience: for the definition of a workflow. */
export const quickStages = { waitSeconds: 0.3, gracefulSeconds: 0.3, forcedSeconds: 0.3 };
