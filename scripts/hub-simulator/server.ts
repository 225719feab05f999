import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { Route, SimReply, SimRequest } from './http.ts';
import { Refusal } from './http.ts';
import { isCancelled } from './pauses.ts';

type Log = (line: string) => void;

const MAX_BODY_BYTES = 32 * 1024 * 1024;

/** An HTTP server over the routes; plain node:http, because it stands in the path of every measurement. */
export function createRoutedServer(routes: Route[], log: Log): Server {
  const table = new Map(routes.map((route) => [`${route.method} ${route.path}`, route]));
  const paths = new Set(routes.map((route) => route.path));

  const server = createServer((req, res) => {
    const [path = '/', search = ''] = (req.url ?? '/').split('?', 2);
    const route = table.get(`${req.method ?? ''} ${path}`);
    const chunks: Buffer[] = [];
    let size = 0;
    req.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size <= MAX_BODY_BYTES) chunks.push(chunk);
    });
    req.on('error', () => undefined); // the sender went away: nothing was received
    req.on('end', () => {
      if (size > MAX_BODY_BYTES) return write(req, res, { status: 413, body: { error: 'Too large.' } });
      if (!route) return write(req, res, unrouted(paths.has(path), path));
      const body = Buffer.concat(chunks).toString('utf8');
      answer(route, { headers: req.headers, search, body }, req, res, log);
    });
  });
  // Longer than clients keep a connection, so that it is never the hub that closes under a new request.
  server.keepAliveTimeout = 65_000;
  return server;
}

/** Listens, and gives the port; the usual failures say what to change. */
export function listen(server: Server, port: number, host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(explain(error, port, host)));
    server.listen(port, host, () => {
      const address = server.address();
      resolve(typeof address === 'object' && address ? address.port : port);
    });
  });
}

// No closures are made for a publish that nothing delays: under tsx each of them costs as much as a header.
function answer(
  route: Route,
  request: SimRequest,
  req: IncomingMessage,
  res: ServerResponse,
  log: Log,
): void {
  try {
    const reply = route.handle(request);
    if (!(reply instanceof Promise)) return write(req, res, reply);
    reply
      .catch((error: unknown) => replyTo(error, route, log))
      .then((late) => write(req, res, late))
      .catch((error: unknown) => log(`An answer could not be sent: ${String(error)}`));
  } catch (error) {
    write(req, res, replyTo(error, route, log));
  }
}

function replyTo(error: unknown, route: Route, log: Log): SimReply {
  if (isCancelled(error)) return { status: 0, drop: true };
  if (error instanceof Refusal) return { status: error.status, body: { error: error.message } };
  log(`${route.method} ${route.path} failed: ${String(error)}`);
  return { status: 500, body: { error: 'The hub simulator failed; its log says why.' } };
}

function write(req: IncomingMessage, res: ServerResponse, reply: SimReply): void {
  if (reply.afterwards) {
    if (res.destroyed) setImmediate(reply.afterwards);
    else res.once('close', reply.afterwards);
  }
  if (reply.drop) {
    req.socket.destroy();
    return;
  }
  const text = reply.body === undefined || reply.status === 204 ? '' : JSON.stringify(reply.body);
  const headers: Record<string, string | number> = { ...reply.headers };
  if (text) {
    headers['content-type'] = 'application/json; charset=utf-8';
    headers['content-length'] = Buffer.byteLength(text);
  }
  res.writeHead(reply.status, headers);
  res.end(text);
}

function unrouted(pathIsKnown: boolean, path: string): SimReply {
  const status = pathIsKnown ? 405 : 404;
  const trouble = pathIsKnown ? 'does not take this method' : 'is not an address of the hub simulator';
  return { status, body: { error: `${path} ${trouble}; see GET /_sim.` } };
}

function explain(error: NodeJS.ErrnoException, port: number, host: string): Error {
  const why = error.code === 'EADDRINUSE' ? 'the port is in use' : error.message;
  const advice = 'Set HUB_SIMULATOR_PORT to another port (0 takes a free one).';
  return new Error(`The hub simulator cannot listen on ${host}:${port}: ${why}. ${advice}`, { cause: error });
}
