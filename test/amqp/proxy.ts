import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** A way to the broker that can be held up, as a network or a frozen broker would. */
export interface Proxy {
  url: string;
  /** Nothing comes through any more in either direction; connections stay open. */
  freeze(): void;
  /** How many connections of ours are open. */
  open(): number;
  close(): Promise<void>;
}

export async function openProxy(url: string): Promise<Proxy> {
  const target = new URL(url);
  const ours = new Set<Socket>();
  let frozen = false;
  const server = createServer((near) => {
    const far = connect(Number(target.port || 5672), target.hostname);
    const joined: Array<[Socket, Socket]> = [[near, far], [far, near]];
    for (const [from, to] of joined) {
      from.on('data', (bytes) => frozen || to.write(bytes));
      from.on('error', () => undefined); // its close follows
      from.on('close', () => to.destroy());
    }
    ours.add(near);
    near.on('close', () => ours.delete(near));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = new URL(url);
  address.host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url: address.href,
    freeze: () => void (frozen = true),
    open: () => ours.size,
    async close() {
      server.close();
      for (const socket of ours) socket.destroy();
      await once(server, 'close');
    },
  };
}
