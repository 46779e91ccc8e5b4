import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { CallToolResultSchema } from '@modelcontextprotocol/sdk/types.js';
import type { ErrorJson } from '../../../src/core/run-json.ts';
import type { TemporaryRepository } from '../../support/temporary-repository.ts';
import { entry } from '../cli/warden.ts';

export interface Answer<Document> {
  readonly isError: boolean;
  /** The first block: one line. */
  readonly text: string;
  /** What comes after it. */
  readonly lines: string | null;
  readonly document: Document;
  readonly error: ErrorJson['error'] | null;
}

/** The SDK's own client, at `warden mcp` of the bundle. Leaving its scope ends both. */
export interface McpClient extends AsyncDisposable {
  readonly client: Client;
  readonly pid: number;
  /** What the server has written to its standard error. */
  errors(): string;
  // oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- the test says what it expects
  call<Document = unknown>(tool: string, given?: Readonly<Record<string, unknown>>): Promise<Answer<Document>>;
}

export async function mcpClient(
  repository: TemporaryRepository,
  environment: Readonly<Record<string, string>> = {},
): Promise<McpClient> {
  const transport = new StdioClientTransport({
    command: process.execPath,
    args: [entry, 'mcp'],
    cwd: repository.path,
    env: {
      PATH: process.env['PATH'] ?? '',
      WARDEN_STATE_DIR: repository.stateFolder,
      WARDEN_NO_WATCH: '1',
      ...environment,
    },
    stderr: 'pipe',
  });
  let errors = '';
  transport.stderr?.on('data', (chunk: Buffer) => {
    errors += chunk.toString('utf8');
  });
  const client = new Client({ name: 'test', version: '1' });
  await client.connect(transport);
  // The client checks answers against the schemas that it was told.
  await client.listTools();
  return {
    client,
    pid: transport.pid ?? 0,
    errors: () => errors,
    // oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- as above
    call: async <Document>(name: string, given: Readonly<Record<string, unknown>> = {}) => {
      const result = CallToolResultSchema.parse(await client.callTool({ name, arguments: { ...given } }));
      const [text, lines] = result.content.map((block) => (block.type === 'text' ? block.text : block.type));
      return {
        isError: result.isError ?? false,
        text: text ?? '',
        lines: lines ?? null,
        document: result.structuredContent as Document,
        error: (result._meta?.['workflow-warden/error'] as ErrorJson['error'] | undefined) ?? null,
      };
    },
    [Symbol.asyncDispose]: () => client.close(),
  };
}
