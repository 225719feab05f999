import type { Server } from 'node:http';
import { type AddressInfo, Server as NetServer } from 'node:net';

/** Listens, and says in words when the address cannot be had. @returns the port, which differs when 0 was asked for. */
export function listen(server: Server, port: number, host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(error.code === 'EADDRINUSE' ? new Error(`port ${port} on ${host} is in use; stop what listens there or set PORT to another one`) : error),
    );
    server.listen(port, host, () => resolve((server.address() as AddressInfo).port));
  });
}

const SWEEP_MS = 100;
const GRACE_MS = 500;

/**
 * Takes no new connection and lets every request under way be answered, with `Connection: close`. A connection that
 * looks idle may have a request on its way to us, so idle ones are left open for a moment: a busy client's next
 * request is answered on it. What still runs at the deadline is cut.
 */
export function closeServer(server: Server, deadlineMs: number, graceMs = GRACE_MS): Promise<void> {
  return new Promise((resolve) => {
    server.prependListener('request', (_req, res) => void (res.shouldKeepAlive = false));
    const sweep = setInterval(() => {
      if (performance.now() - begun >= graceMs) server.closeIdleConnections();
    }, SWEEP_MS);
    const begun = performance.now();
    const deadline = setTimeout(() => server.closeAllConnections(), deadlineMs);
    // Of net.Server: that of http.Server closes what looks idle at once.
    NetServer.prototype.close.call(server, () => {
      clearInterval(sweep);
      clearTimeout(deadline);
      resolve();
    });
    if (graceMs === 0) server.closeIdleConnections();
  });
}
