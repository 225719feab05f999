import { createServer } from 'node:http';
import { listen } from '../../src/kernel/server.ts';
import { serveParent } from './child.ts';

/** What came in since the last `reset`. */
export interface Received {
  count: number;
  /** From the first message to the last, in seconds. */
  seconds: number;
}

export type SinkJob = 'reset' | { until: number };

let count = 0;
let first = 0;
let last = 0;
let waiting: { until: number; resolve: () => void } | undefined;

/** The barest hub: it takes whatever is published, reads it to its end and says 200. */
const server = createServer({ keepAliveTimeout: 65_000 }, (req, res) => {
  req.resume().once('end', () => {
    if (req.url === '/auth/login') return void res.setHeader('content-type', 'application/json').end('{"access_token":"bench"}');
    last = performance.now();
    if (count === 0) first = last;
    count += 1;
    res.end('{}');
    if (waiting && count >= waiting.until) waiting.resolve();
  });
});

const port = await listen(server, 0, '127.0.0.1');
serveParent<SinkJob, Received>(`http://127.0.0.1:${port}`, async (job) => {
  if (job === 'reset') count = first = last = 0;
  else if (count < job.until) await new Promise<void>((resolve) => (waiting = { until: job.until, resolve }));
  waiting = undefined;
  return { count, seconds: (last - first) / 1000 };
});
