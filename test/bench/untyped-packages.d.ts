declare module 'pidusage' {
  export default function pidusage(pids: readonly number[]): Promise<Record<string, { readonly cpu: number }>>;
}

declare module 'pm2/lib/TreeKill.js' {
  export default function treeKill(pid: number, signal: string, callback: (error?: Error) => void): void;
}
