import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';

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

/**
 * Takes no new connection, lets every request under way be answered, and ends connections as they fall idle (a
 * keep-alive client would hold them open for long). What still runs at the deadline is cut.
 */
export function closeServer(server: Server, deadlineMs: number): Promise<void> {
  return new Promise((resolve) => {
    server.prependListener('request', (_req, res) => void (res.shouldKeepAlive = false)); // answered with Connection: close
    const sweep = setInterval(() => server.closeIdleConnections(), SWEEP_MS);
    const deadline = setTimeout(() => server.closeAllConnections(), deadlineMs);
    server.close(() => {
      clearInterval(sweep);
      clearTimeout(deadline);
      resolve();
    });
    server.closeIdleConnections();
  });
}
