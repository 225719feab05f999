import { execFile, spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { mkdir, mkdtemp, open, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { connect } from 'amqplib';

/** A RabbitMQ of one's own, with its data in a temporary folder. */
export interface ScratchRabbitmq {
  url: string;
  /** Ends it as a power cut would. */
  kill9(): Promise<void>;
  /** Again, with the data it had. Resolves when it takes connections. */
  start(): Promise<void>;
  /** Holds it where it is: it neither answers nor goes away. */
  freeze(): void;
  thaw(): void;
  /** Ends it and removes its data. */
  stop(): Promise<void>;
}

type Environment = NodeJS.ProcessEnv & { RABBITMQ_NODE_PORT: string };

const LIBRARY = '/usr/lib/rabbitmq/lib';
const START_MS = 90_000;
const LOOK_MS = 50;

/** The server's own script: the one on the PATH changes to another user, where Debian installed it. */
async function findServer(): Promise<string | undefined> {
  const versions = await readdir(LIBRARY).catch(() => []);
  const newest = versions.filter((name) => name.startsWith('rabbitmq_server-')).sort().at(-1);
  return newest && path.join(LIBRARY, newest, 'sbin', 'rabbitmq-server');
}

/** @returns undefined where RabbitMQ is not installed. @throws Error with the end of its output when it does not start. */
export async function startScratchRabbitmq(): Promise<ScratchRabbitmq | undefined> {
  const server = await findServer();
  if (server === undefined) return undefined;
  const folder = await mkdtemp(path.join(tmpdir(), 'marketplace-rabbitmq-'));
  const environment = await prepare(folder);
  const scratch = nodeOf(server, folder, environment);
  try {
    await scratch.start();
    return scratch;
  } catch (error) {
    await scratch.stop().catch(() => undefined); // that it did not start says more
    throw error;
  }
}

function nodeOf(server: string, folder: string, environment: Environment): ScratchRabbitmq {
  const url = `amqp://127.0.0.1:${environment.RABBITMQ_NODE_PORT}`;
  const output = path.join(folder, 'output');
  let node: ChildProcess | undefined;

  // A group of its own: the script has children, and a kill has to reach them all.
  const signal = (name: NodeJS.Signals) => {
    if (node?.pid !== undefined && isRunning(node)) process.kill(-node.pid, name);
  };
  const kill9 = async () => {
    if (node !== undefined && isRunning(node)) {
      const ended = once(node, 'exit');
      signal('SIGKILL');
      await ended;
    }
    node = undefined;
  };
  // Nothing of it ends with its owner, and nobody would come back for it.
  const atExit = () => {
    signal('SIGKILL');
    spawnSync('epmd', ['-kill'], { env: environment });
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  };
  const onSignal = (name: NodeJS.Signals) => {
    if (process.listenerCount(name) === 0) process.exit(130); // whoever else listens has to end first, and exits then
  };
  process.once('exit', atExit).prependOnceListener('SIGINT', onSignal).prependOnceListener('SIGTERM', onSignal);

  return {
    url,
    kill9,
    async start() {
      const file = await open(output, 'a');
      const started = spawn(server, { env: environment, detached: true, stdio: ['ignore', file.fd, file.fd] });
      node = started;
      await file.close();
      for (const deadline = Date.now() + START_MS; !(await takesConnections(url)); await sleep(LOOK_MS)) {
        if (isRunning(started) && Date.now() < deadline) continue;
        throw new Error(`RabbitMQ does not start:\n${(await readFile(output, 'utf8')).slice(-2000)}`);
      }
    },
    freeze: () => signal('SIGSTOP'),
    thaw: () => signal('SIGCONT'),
    async stop() {
      process.off('exit', atExit).off('SIGINT', onSignal).off('SIGTERM', onSignal);
      await kill9();
      // Erlang's name server stays behind, a process apart; it is not there when the node died too early to start it.
      await promisify(execFile)('epmd', ['-kill'], { env: environment }).catch(() => undefined);
      await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

const isRunning = ({ exitCode, signalCode }: ChildProcess): boolean => exitCode === null && signalCode === null;

/** Settings of a node that meets no other: its ports, name, data and name server are its own. */
async function prepare(folder: string): Promise<Environment> {
  const inFolder = (name: string) => path.join(folder, name);
  await Promise.all(['mnesia', 'log'].map((name) => mkdir(inFolder(name))));
  const [port, distribution, names] = [await freePort(), await freePort(), await freePort()];
  await writeFile(inFolder('enabled_plugins'), '[].');
  await writeFile(inFolder('rabbitmq.conf'), `listeners.tcp.1 = 127.0.0.1:${port}\nlog.file.level = warning\n`);
  return {
    PATH: process.env.PATH,
    HOME: folder,
    RABBITMQ_NODENAME: `t${port}@localhost`,
    RABBITMQ_NODE_PORT: String(port),
    RABBITMQ_NODE_IP_ADDRESS: '127.0.0.1',
    RABBITMQ_DIST_PORT: String(distribution),
    ERL_EPMD_PORT: String(names),
    ERL_EPMD_ADDRESS: '127.0.0.1',
    ERL_EPMD_RELAXED_COMMAND_CHECK: '1', // it may be ended though it has not yet heard that the node is dead
    RABBITMQ_MNESIA_BASE: inFolder('mnesia'),
    RABBITMQ_LOG_BASE: inFolder('log'),
    RABBITMQ_PID_FILE: inFolder('pid'),
    RABBITMQ_ENABLED_PLUGINS_FILE: inFolder('enabled_plugins'),
    RABBITMQ_CONFIG_FILE: inFolder('rabbitmq.conf'),
    RABBITMQ_CONF_ENV_FILE: '/dev/null',
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: '+S 1:1 -kernel inet_dist_use_interface {127,0,0,1}',
  };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

const takesConnections = async (url: string): Promise<boolean> => {
  try {
    const connection = await connect(url, { timeout: 2000 });
    connection.on('error', () => undefined); // it may end as soon as it came; whoever uses it will see
    await connection.close();
    return true;
  } catch {
    return false; // not yet
  }
};
