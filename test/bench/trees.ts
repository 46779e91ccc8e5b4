/** What a run consists of: shells and sleepers, as an agent's tools would be. */
export interface Tree {
  /** Also the name of its workflow. */
  readonly name: string;
  readonly command: readonly string[];
  /** Processes, the run's wrapper not counted. */
  readonly size: number;
}

/** A command with shells below it that have sleepers below them; all end when they are asked to. */
export function cooperativeTree(branches: number, leavesEach: number): Tree {
  const leaves = 'sleep 600 & '.repeat(leavesEach);
  const branch = `sh -c '${leaves}wait' & `;
  const size = 1 + branches * (1 + leavesEach);
  return { name: `tree-${size}`, command: ['sh', '-c', `${branch.repeat(branches)}wait`], size };
}

/** The same, each process of which holds a pipe open: its end tells exactly when the last of them is gone. */
export function withLifeline({ name, command, size }: Tree): Tree {
  const [shell = 'sh', option = '-c', script = ''] = command;
  const held = `mkfifo "$WARDEN_RUN_DIR/lifeline"; exec 9<>"$WARDEN_RUN_DIR/lifeline"; ${script}`;
  return { name: `${name}-held`, command: [shell, option, held], size };
}

/** One process. */
export const singleProcess: Tree = { name: 'single', command: ['sleep', '600'], size: 1 };

/** Ignores SIGTERM, and so does its child: only the last phase ends it. */
export const stubbornTree: Tree = {
  name: 'stubborn',
  command: ['sh', '-c', "trap '' TERM; sleep 600 & wait; wait; sleep 600"],
  size: 2,
};

/** A tree of which two have left: sessions of their own, and their parent has gone. */
export const scatteredTree: Tree = {
  name: 'scattered',
  command: ['sh', '-c', 'sh -c "setsid sleep 600 & setsid sleep 600 &"; sleep 600 & sleep 600 & wait'],
  size: 5,
};
