import { Pool } from 'undici';
import { serveParent } from './child.ts';
import type { Message } from './orders.ts';

export interface LoopJob {
  address: string;
  connections: number;
  messages: Message[];
}

/** What the relay does without the relay: the same requests by the same client, with no database and no order kept. */
async function publishAll({ address, connections, messages }: LoopJob): Promise<number> {
  const pool = new Pool(address, { connections, pipelining: 1 });
  let next = 0;
  const worker = async () => {
    for (let message = messages[next++]; message !== undefined; message = messages[next++]) {
      const { statusCode, body } = await pool.request({
        path: '/hub/publish',
        method: 'POST',
        headers: { authorization: 'Bearer bench', 'content-type': 'application/json' },
        body: `{"topic":${JSON.stringify(message.topic)},"payload":${message.payload}}`,
      });
      if (statusCode !== 200) throw new Error(`the sink answered ${statusCode}`);
      await body.dump();
    }
  };
  await Promise.all(Array.from({ length: connections }, worker));
  await pool.close();
  return messages.length;
}

serveParent('', publishAll);
