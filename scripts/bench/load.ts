import { connect, type Socket } from 'node:net';
import { serveParent } from './child.ts';
import { orderBody, pickProducts } from './orders.ts';
import { percentile } from './stats.ts';

export interface LoadJob {
  address: string;
  inFlight: number;
  /** Requests that end in the first so many seconds are sent and not measured. */
  leadSeconds: number;
  seconds: number;
  /** Makes this run's pedidoIds differ from all others'. */
  run: string;
  lines: number;
  products: number;
}

export interface LoadResult {
  /** All that were answered 204, measured or not. */
  accepted: number;
  refused: number;
  perSecond: number;
  p50: number;
  p99: number;
}

/**
 * One request at a time on each of so many keep-alive sockets, written and read as text: an HTTP library on this
 * side would take a good part of the processor time that is to be measured on the other.
 */
async function load(job: LoadJob): Promise<LoadResult> {
  const { hostname, port, host } = new URL(job.address);
  const begin = performance.now();
  const [from, to] = [begin + job.leadSeconds * 1000, begin + (job.leadSeconds + job.seconds) * 1000];
  const latencies: number[] = [];
  let [sent, accepted, refused] = [0, 0, 0];

  const request = () => {
    sent += 1;
    const body = orderBody(`${job.run}-${String(sent).padStart(8, '0')}`, pickProducts(job.lines, job.products));
    return `POST /callback HTTP/1.1\r\nHost: ${host}\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
  };
  const client = async () => {
    const exchange = await openSocket(hostname, Number(port));
    for (let started = performance.now(); started < to; ) {
      const status = await exchange(request());
      const ended = performance.now();
      if (status === 204) accepted += 1;
      else refused += 1;
      if (ended >= from && ended < to) latencies.push(ended - started);
      started = ended;
    }
    exchange.end();
  };
  await Promise.all(Array.from({ length: job.inFlight }, client));
  latencies.sort((a, b) => a - b);
  return { accepted, refused, perSecond: latencies.length / job.seconds, p50: percentile(latencies, 50), p99: percentile(latencies, 99) };
}

type Exchange = ((text: string) => Promise<number>) & { end(): void };

/** A socket that takes a request and gives the status of its answer. */
async function openSocket(host: string, port: number): Promise<Exchange> {
  const socket: Socket = connect({ host, port, noDelay: true });
  await new Promise<void>((resolve, reject) => void socket.once('connect', resolve).once('error', reject));
  let received = '';
  let settle: { resolve: (status: number) => void; reject: (error: Error) => void } | undefined;
  socket.setEncoding('latin1');
  socket.on('data', (text: string) => {
    received += text;
    const status = completeStatus(received);
    if (status === undefined) return;
    received = '';
    settle?.resolve(status);
  });
  socket.on('error', (error) => settle?.reject(error));
  socket.on('close', () => settle?.reject(new Error('the server closed a connection')));
  const exchange = (text: string) =>
    new Promise<number>((resolve, reject) => {
      settle = { resolve, reject };
      socket.write(text);
    });
  return Object.assign(exchange, { end: () => void socket.destroy() });
}

/** The status once headers and body are there. Bodies come with a length here, or not at all. */
function completeStatus(text: string): number | undefined {
  const head = text.indexOf('\r\n\r\n');
  if (head < 0) return undefined;
  const status = Number(text.slice(9, 12));
  if (status === 204) return status;
  const length = Number(/\r\ncontent-length: *(\d+)/i.exec(text.slice(0, head + 2))?.[1] ?? 0);
  return text.length >= head + 4 + length ? status : undefined;
}

serveParent('', load);
