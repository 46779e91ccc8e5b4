import type { Workflow } from '../workflow.ts';

/** The workflows that a repository and its user define. */
export interface WorkflowDefinitions {
  /** Where definitions are looked for, the repository's own first. */
  placesFor(repositoryPath: string): readonly string[];
  /**
   * The repository's workflows and the user's own; of two with one name the repository's.
   * @throws WardenError no_workflows when there is no file, invalid_workflows with every problem
   */
  load(repositoryPath: string): Promise<ReadonlyMap<string, Workflow>>;
  /**
   * What the worktrees of a repository may take of the disk, in bytes; null where that was not set.
   * @param repositoryPath null: of all repositories together, as the user's own file says
   * @throws WardenError invalid_workflows
   */
  worktreeBudget(repositoryPath: string | null): Promise<number | null>;
  /**
   * How many prepared worktrees a repository is to have: what its own file says, else the user's.
   * @throws WardenError invalid_workflows
   */
  poolSize(repositoryPath: string): Promise<number>;
  /**
   * How many days after their end runs are kept of which nothing is left, as the user's own file says; null: for ever.
   * @throws WardenError invalid_workflows
   */
  keepRunsDays(): Promise<number | null>;
}
