import * as z from 'zod/mini';
import { defaultStageLengths } from './escalation.ts';
import { defaultPortBounds } from './port-range.ts';
import type { OnLimit, Workflow } from './workflow.ts';

/** What a workflow gets where its file says nothing. */
const defaults = {
  setupTimeoutMinutes: 15,
  teardownTimeoutSeconds: 60,
  initializationTimeoutMinutes: 30,
  timeoutMinutes: 30,
  stuckAfterMinutes: 5,
  onStuck: 'notify',
  onTimeout: 'kill',
  onLimit: 'notify',
  ports: 0,
  pool: 0,
  persistent: false,
  backoffSeconds: 30,
} as const;

/** Time limits in minutes of the workflows that the original system shipped with. */
const builtInTimeLimits = new Map([
  ['builder', 60],
  ['lina', 40],
  ['brain', 40],
]);

const timeLimitsByDefault = [...builtInTimeLimits, ['others', defaults.timeoutMinutes]]
  .map(([name, limit]) => `${name} ${limit}`)
  .join(', ');

const minutes = (description: string, byDefault: number) =>
  z.number().check(z.gt(0), z.lte(60 * 24 * 30), z.meta({ description, default: byDefault }));

const text = (description: string) => z.string().check(z.minLength(1), z.meta({ description }));

export const retrySchema = z.strictObject({
  attempts: z
    .int()
    .check(z.gte(1), z.lte(20), z.meta({ description: 'How many times a failed run is started again.' })),
  backoffSeconds: z._default(
    z
      .number()
      .check(
        z.gte(0),
        z.lte(86_400),
        z.meta({ description: 'Wait before the first new attempt, in seconds; doubled for each further one.' }),
      ),
    defaults.backoffSeconds,
  ),
});

const onLimit = (description: string, byDefault: OnLimit) =>
  z.enum(['notify', 'kill', 'restart']).check(z.meta({ description, default: byDefault }));

export const limitsSchema = z.strictObject({
  memoryMegabytes: z.optional(
    z.number().check(z.gt(0), z.lte(10_000_000), z.meta({ description: 'Memory of all its processes, in MB.' })),
  ),
  cpuPercent: z.optional(
    z
      .number()
      .check(
        z.gt(0),
        z.lte(100_000),
        z.meta({ description: 'Processor time, in per cent of one core, for a whole minute: 200 is two cores.' }),
      ),
  ),
  processes: z.optional(
    z.int().check(z.gte(1), z.lte(1_000_000), z.meta({ description: 'How many processes it may have.' })),
  ),
});

const seconds = (description: string, byDefault: number, most: number) =>
  z.number().check(z.gte(0), z.lte(most), z.meta({ description, default: byDefault }));

export const killSchema = z.strictObject({
  waitSeconds: z.optional(
    seconds(
      'How long a critical section (git commit, push, rebase …) may go on before the first signal.',
      defaultStageLengths.wait / 1000,
      600,
    ),
  ),
  gracefulSeconds: z.optional(
    seconds(
      'From SIGTERM until its children are killed. A run that needs longer can ask for as much again.',
      defaultStageLengths.graceful / 1000,
      600,
    ),
  ),
  forcedSeconds: z.optional(seconds('From then until everything is killed.', defaultStageLengths.forced / 1000, 600)),
});

/** Of limits that were both written the first must not be the longer one: it would never be reached. */
const orders = [
  ['initializationTimeoutMinutes', 'timeoutMinutes'],
  ['stuckAfterMinutes', 'timeoutMinutes'],
] as const;

const inOrder = z.superRefine<{ readonly [Name in (typeof orders)[number][number]]?: number | undefined }>(
  (written, { issues }) => {
    for (const [shorter, longer] of orders) {
      const [least, most] = [written[shorter], written[longer]];
      if (least === undefined || most === undefined || least <= most) continue;
      const message = `this is more than ${longer} (${most}), so it would never be reached`;
      issues.push({ code: 'custom', path: [shorter], message, input: least });
    }
  },
);

/** One workflow as it is written in `workflows.json`. The JSON schema that VS Code completes with is made from this. */
export const workflowSchema = z.strictObject({
  description: z.optional(text('Shown where a workflow is picked.')),
  command: z.array(z.string()).check(
    z.minLength(1),
    z.meta({
      description:
        'The program and its arguments, one string each. It is not a shell line. An argument may contain ${message}.',
    }),
  ),
  env: z.optional(
    z
      .record(
        z.string().check(z.regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'letters, digits and underscore, no digit first')),
        z.string(),
      )
      .check(
        z.meta({ description: 'Environment variables of the command, on top of those of VS Code or the terminal.' }),
      ),
  ),
  include: z.optional(
    z.array(text('A path or pattern, as in .gitignore.')).check(
      z.meta({
        description: 'Files that git ignores but the run needs, e.g. ".env". They are copied into the new worktree.',
      }),
    ),
  ),
  setup: z.optional(
    z
      .array(z.string())
      .check(
        z.minLength(1),
        z.meta({ description: 'A command that must succeed in the new worktree before the workflow starts.' }),
      ),
  ),
  setupTimeoutMinutes: z.optional(
    minutes('A setup command that takes longer is ended, and the run does not start.', defaults.setupTimeoutMinutes),
  ),
  teardown: z.optional(
    z.array(z.string()).check(
      z.minLength(1),
      z.meta({
        description:
          'A command that runs in the worktree before a cleanup removes it. When it fails that is noted, and the worktree goes all the same.',
      }),
    ),
  ),
  teardownTimeoutSeconds: z.optional(
    z.number().check(
      z.gt(0),
      z.lte(3_600),
      z.meta({
        description: 'A teardown command that takes longer is ended.',
        default: defaults.teardownTimeoutSeconds,
      }),
    ),
  ),
  checkpointMinutes: z.optional(
    z.number().check(
      z.gt(0),
      z.lte(60 * 24 * 30),
      z.meta({
        description:
          'How often the work of a run is kept in a checkpoint while it goes on. By default only after a kill and before its worktree is removed.',
      }),
    ),
  ),
  ports: z.optional(
    z.int().check(
      z.gte(0),
      z.lte(100),
      z.meta({
        description:
          'How many ports a run gets for its servers, which no other run has: $WARDEN_PORT is the first of them, $WARDEN_PORT_1, $WARDEN_PORT_2 … are each.',
        default: defaults.ports,
      }),
    ),
  ),
  initializationTimeoutMinutes: z.optional(
    minutes('A run without a first sign of life for this long needs a person.', defaults.initializationTimeoutMinutes),
  ),
  timeoutMinutes: z.optional(
    minutes(
      `A run may take no longer; see onTimeout. By default: ${timeLimitsByDefault}, and never less than the others say.`,
      defaults.timeoutMinutes,
    ),
  ),
  stuckAfterMinutes: z.optional(
    minutes('A run without output that uses no processor time for this long is stuck.', defaults.stuckAfterMinutes),
  ),
  onTimeout: z.optional(onLimit('What happens to a run that is over its time.', defaults.onTimeout)),
  limits: z.optional(limitsSchema.check(z.meta({ description: 'What a run may use of the machine, in all.' }))),
  onLimit: z.optional(onLimit('What happens to a run that exceeds one of its limits.', defaults.onLimit)),
  onStuck: z.optional(onLimit('What happens to a run that is stuck.', defaults.onStuck)),
  persistent: z.optional(
    z
      .boolean()
      .check(
        z.meta({ description: 'The worktrees of this workflow are never cleaned up.', default: defaults.persistent }),
      ),
  ),
  cleanup: z.optional(
    z.enum(['never', 'whenClean', 'always']).check(
      z.meta({
        description:
          'Whether the worktree of a run is removed soon after its end: never, nor in the daily pass; whenClean, if it holds neither uncommitted files nor commits that are nowhere else; always, after a checkpoint of its work. By default a clean one goes in a daily pass, 48 hours after the end.',
      }),
    ),
  ),
  kill: z.optional(killSchema.check(z.meta({ description: 'How long each stage of a kill may take.' }))),
  retry: z.optional(retrySchema.check(z.meta({ description: 'Start a run that failed again.' }))),
});

const port = (description: string, byDefault: number) =>
  z.int().check(z.gte(1024), z.lte(65_535), z.meta({ description, default: byDefault }));

export const portRangeSchema = z.strictObject({
  first: port('The first of them.', defaultPortBounds.first),
  last: port('The last of them.', defaultPortBounds.last),
});

const portsInOrder = z.superRefine<z.infer<typeof portRangeSchema>>(({ first, last }, { issues }) => {
  if (first <= last) return;
  issues.push({ code: 'custom', path: ['first'], message: `this is more than last (${last})`, input: first });
});

const workflowNameRule = 'letters, digits, dot, dash and underscore, a letter or digit first, 64 at most';

/** A whole definitions file. */
export const workflowFileSchema = z.strictObject({
  $schema: z.optional(z.string()),
  maxConcurrentRuns: z.optional(
    z.int().check(
      z.gte(1),
      z.lte(1000),
      z.meta({
        description: 'How many runs of this repository may be under way at once; others wait for their turn.',
      }),
    ),
  ),
  pool: z.optional(
    z.int().check(
      z.gte(0),
      z.lte(20),
      z.meta({
        description:
          'How many prepared worktrees are kept per repository, so that a run need not wait for its files to be checked out. Each takes as much of the disk as any.',
        default: defaults.pool,
      }),
    ),
  ),
  portRange: z.optional(
    portRangeSchema.check(portsInOrder, z.meta({ description: 'The ports that runs get theirs from, see ports.' })),
  ),
  keepRunsDays: z.optional(
    z.number().check(
      z.gte(1),
      z.lte(36_500),
      z.meta({
        description:
          'Only in the file in your state folder: how many days after their end the logs and folders of runs are kept of which no worktree, branch or checkpoint is left. They are kept for ever where it is not set; the audit log always is.',
      }),
    ),
  ),
  worktreeBudgetGigabytes: z.optional(
    z.number().check(
      z.gt(0),
      z.lte(1_000_000),
      z.meta({
        description:
          'You are warned when the worktrees of runs take more of the disk, in GB: those of this repository, or in the file in your state folder those of all repositories together.',
      }),
    ),
  ),
  workflows: z
    .record(
      z.string().check(z.regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, workflowNameRule)),
      workflowSchema.check(inOrder),
    )
    .check(z.meta({ description: `The workflows by name: ${workflowNameRule}.` })),
});

export type WorkflowFile = z.infer<typeof workflowFileSchema>;

/** Workflows of a valid file, by name, with the defaults of DESIGN section 5. */
export function workflowsOf(file: WorkflowFile): Map<string, Workflow> {
  return new Map(Object.entries(file.workflows).map(([name, written]) => [name, withDefaults(name, written, file)]));
}

function withDefaults(name: string, written: z.infer<typeof workflowSchema>, file: WorkflowFile): Workflow {
  return {
    name,
    description: written.description ?? null,
    command: nonEmpty(written.command),
    env: written.env ?? {},
    include: written.include ?? [],
    setup: written.setup === undefined ? null : nonEmpty(written.setup),
    setupTimeoutMinutes: written.setupTimeoutMinutes ?? defaults.setupTimeoutMinutes,
    teardown: written.teardown === undefined ? null : nonEmpty(written.teardown),
    teardownTimeoutSeconds: written.teardownTimeoutSeconds ?? defaults.teardownTimeoutSeconds,
    checkpointMinutes: written.checkpointMinutes ?? null,
    initializationTimeoutMinutes: written.initializationTimeoutMinutes ?? defaults.initializationTimeoutMinutes,
    timeoutMinutes: written.timeoutMinutes ?? timeLimitByDefault(name, written),
    stuckAfterMinutes: written.stuckAfterMinutes ?? defaults.stuckAfterMinutes,
    onStuck: written.onStuck ?? defaults.onStuck,
    onTimeout: written.onTimeout ?? defaults.onTimeout,
    limits: {
      memoryBytes: written.limits?.memoryMegabytes === undefined ? null : written.limits.memoryMegabytes * 1_000_000,
      cpuPercent: written.limits?.cpuPercent ?? null,
      processes: written.limits?.processes ?? null,
    },
    onLimit: written.onLimit ?? defaults.onLimit,
    ports: written.ports ?? defaults.ports,
    portBounds: file.portRange ?? defaultPortBounds,
    persistent: written.persistent ?? defaults.persistent,
    cleanup: written.cleanup ?? null,
    retry: written.retry ?? null,
    kill: {
      wait: milliseconds(written.kill?.waitSeconds, defaultStageLengths.wait),
      graceful: milliseconds(written.kill?.gracefulSeconds, defaultStageLengths.graceful),
      forced: milliseconds(written.kill?.forcedSeconds, defaultStageLengths.forced),
    },
    maxConcurrentRuns: file.maxConcurrentRuns ?? null,
  };
}

/** Whoever lets a run be silent for an hour does not want it ended after half of that. */
function timeLimitByDefault(name: string, written: z.infer<typeof workflowSchema>): number {
  return Math.max(
    builtInTimeLimits.get(name) ?? defaults.timeoutMinutes,
    written.initializationTimeoutMinutes ?? 0,
    written.stuckAfterMinutes ?? 0,
  );
}

function milliseconds(seconds: number | undefined, byDefault: number): number {
  return seconds === undefined ? byDefault : seconds * 1000;
}

function nonEmpty(argv: readonly string[]): [string, ...string[]] {
  const [program, ...rest] = argv;
  if (program === undefined) throw new RangeError('a command has at least the program');
  return [program, ...rest];
}
