import { randomInt } from 'node:crypto';
import net from 'node:net';

/**
 * A port that is free now, from below the range out of which systems take the ports of outgoing connections
 * (32768 and up). From inside it, a pool that tries again and again while Postgres is down could be
 * given this very port, connect to itself, and keep Postgres from coming back.
 */
export async function findFreePort(): Promise<number> {
  for (let attempt = 0; attempt < 100; attempt += 1) {
    const port = randomInt(15_000, 32_000);
    if (await isFree(port)) return port;
  }
  throw new Error('no free port on 127.0.0.1 between 15000 and 32000');
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = net.createServer();
    server.on('error', () => resolve(false));
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => server.close(() => resolve(true)));
  });
}
