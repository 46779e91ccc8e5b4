import type { RunId } from './run-id.ts';

/** By which way somebody acts. */
export type Face = 'cli' | 'vscode' | 'http' | 'mcp' | 'watch';

/** As what somebody acts: see `core/permission.ts` for what each may do. */
const roles = ['owner', 'admin', 'team_lead', 'automation', 'read_only', 'external', 'run'] as const;

export type Role = (typeof roles)[number];

/** Who does something, as the audit log and the row name them. */
export interface Actor {
  /** The operating system's user name, or the name of the key that was shown. */
  readonly user: string;
  readonly face: Face;
  /** Absent where somebody acts as the operating system's user. */
  readonly role?: Exclude<Role, 'owner'>;
  /** The run that acts, where it is one. */
  readonly runId?: RunId;
}
