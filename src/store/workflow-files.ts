import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { detailOf, isWardenError, WardenError, type WorkflowFileProblem } from '../core/errors.ts';
import type { WorkflowDefinitions } from '../core/ports/workflow-definitions.ts';
import type { WorkflowFileResult } from '../core/workflow-file.ts';
import type { Workflow } from '../core/workflow.ts';

/** Reads `.vscode/workflows.json` of the repository and `workflows.json` in the state folder. */
export class WorkflowFiles implements WorkflowDefinitions {
  readonly #userFile: string;

  constructor(stateFolder: string) {
    this.#userFile = path.join(stateFolder, 'workflows.json');
  }

  placesFor(repositoryPath: string): readonly string[] {
    return [repositoryFile(repositoryPath), this.#userFile];
  }

  async load(repositoryPath: string): Promise<ReadonlyMap<string, Workflow>> {
    const places = this.placesFor(repositoryPath);
    const workflows = new Map<string, Workflow>();
    const problems: WorkflowFileProblem[] = [];
    for (const file of places) {
      const text = await readIfThere(file);
      if (text === null) continue;
      const result = await parsed(file, text);
      if (!result.ok) problems.push(...result.problems);
      else for (const [name, workflow] of result.workflows) if (!workflows.has(name)) workflows.set(name, workflow);
    }
    if (problems.length > 0) throw new WardenError('invalid_workflows', { problems });
    if (workflows.size === 0) throw new WardenError('no_workflows', { paths: places });
    return workflows;
  }

  async worktreeBudget(repositoryPath: string | null): Promise<number | null> {
    const file = repositoryPath === null ? this.#userFile : repositoryFile(repositoryPath);
    return (await parsedIfIn(file, 'worktreeBudgetGigabytes'))?.worktreeBudgetBytes ?? null;
  }

  async poolSize(repositoryPath: string): Promise<number> {
    for (const file of this.placesFor(repositoryPath)) {
      const found = await parsedIfIn(file, '"pool"');
      if (found !== null && found.pool !== null) return found.pool;
    }
    return 0;
  }

  /** A repository does not decide upon the user's history. */
  async keepRunsDays(): Promise<number | null> {
    return (await parsedIfIn(this.#userFile, 'keepRunsDays'))?.keepRunsDays ?? null;
  }
}

function repositoryFile(repositoryPath: string): string {
  return path.join(repositoryPath, '.vscode', 'workflows.json');
}

/**
 * Such settings are asked for often, and hardly ever there.
 * @returns null when the text is not in the file
 * @throws WardenError invalid_workflows
 */
async function parsedIfIn(
  file: string,
  expected: string,
): Promise<(WorkflowFileResult & { readonly ok: true }) | null> {
  const text = await readIfThere(file);
  if (text?.includes(expected) !== true) return null;
  const result = await parsed(file, text);
  if (!result.ok) throw new WardenError('invalid_workflows', { problems: result.problems });
  return result;
}

async function parsed(file: string, text: string): Promise<WorkflowFileResult> {
  // Loaded when it is needed: most commands need no definitions, and the schema takes a while to set up.
  const { parseWorkflowFile } = await import('../core/workflow-file.ts');
  return parseWorkflowFile(file, text);
}

/** To read more, by a parser that tells where something is wrong, would hold up the event loop. */
const mostBytes = 256 * 1024;

async function readIfThere(file: string): Promise<string | null> {
  try {
    const there = await stat(file);
    // Who reads a named pipe waits for somebody to write into it.
    if (!there.isFile()) throw invalidFile(file, 'is not a file');
    if (there.size > mostBytes) throw invalidFile(file, 'is larger than 256 KB');
    return (await readFile(file, 'utf8')).replace(/^\uFEFF/, '');
  } catch (error) {
    if (isWardenError(error)) throw error;
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return null;
    throw invalidFile(file, `cannot be read: ${detailOf(error)}`, { cause: error });
  }
}

function invalidFile(file: string, problem: string, options?: ErrorOptions): WardenError {
  return new WardenError('invalid_workflows', { problems: [{ file, line: 1, column: 1, key: '', problem }] }, options);
}
