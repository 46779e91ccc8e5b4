import { once } from 'node:events';
import { createServer } from 'node:net';

/** Only these: a server on them is seen by nobody else, and no firewall asks about it. */
const loopbacks = ['127.0.0.1', '::1'];

/** Whether a server could be started on a port of this machine right now. A machine without IPv6 has one address only. */
export async function isBindable(port: number): Promise<boolean> {
  for (const host of loopbacks) {
    const server = createServer();
    try {
      server.listen({ port, host, exclusive: true });
      await once(server, 'listening');
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code !== 'EADDRNOTAVAIL' && code !== 'EAFNOSUPPORT') return false;
    } finally {
      if (server.listening) await new Promise((resolve) => server.close(resolve));
    }
  }
  return true;
}
