import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, open, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { connect } from 'amqplib';
import { freePort } from './process.ts';
import { until } from './service.ts';

/** A RabbitMQ of the tests' own, with its data in a temporary folder. */
export interface PrivateBroker {
  url: string;
  /** Ends it as a power cut would. */
  kill9(): Promise<void>;
  /** Again, with the data it had. Resolves when it takes connections. */
  start(): Promise<void>;
  /** Holds it where it is: it neither answers nor goes away. */
  freeze(): void;
  thaw(): void;
  /** Ends it and removes its data. */
  remove(): Promise<void>;
}

const LIBRARY = '/usr/lib/rabbitmq/lib';
const START_MS = 60_000;

/** The server's own script: the one on the PATH changes to another user, where Debian installed it. */
async function findServer(): Promise<string | undefined> {
  const versions = await readdir(LIBRARY).catch(() => []);
  const newest = versions.filter((name) => name.startsWith('rabbitmq_server-')).sort().at(-1);
  return newest && path.join(LIBRARY, newest, 'sbin', 'rabbitmq-server');
}

/** A node of one's own, to be killed. Call it in `before`: where RabbitMQ is not installed the tests are pending. */
export async function startPrivateBroker(context: Mocha.Context): Promise<PrivateBroker> {
  const server = await findServer();
  if (server === undefined) return leaveOut(context);
  context.timeout(START_MS + 30_000);
  const folder = await mkdtemp(path.join(tmpdir(), 'marketplace-broker-'));
  const environment = await prepare(folder);
  const url = `amqp://127.0.0.1:${environment.RABBITMQ_NODE_PORT}`;
  let node: ChildProcess | undefined;

  // A group of its own: the script has children, and a kill has to reach them all.
  const signal = (name: NodeJS.Signals) => node?.pid !== undefined && process.kill(-node.pid, name);
  const kill9 = async () => {
    if (node === undefined) return;
    const ended = once(node, 'exit');
    signal('SIGKILL');
    await ended;
    node = undefined;
  };
  const start = async () => {
    const output = await open(path.join(folder, 'output'), 'a');
    node = spawn(server, { env: environment, detached: true, stdio: ['ignore', output.fd, output.fd] });
    await output.close();
    await until('RabbitMQ takes connections', () => takesConnections(url), START_MS).catch(async (error: unknown) => {
      throw new Error(`${String(error)}\n${(await readFile(path.join(folder, 'output'), 'utf8')).slice(-2000)}`);
    });
  };
  await start();
  return {
    url,
    kill9,
    start,
    freeze: () => void signal('SIGSTOP'),
    thaw: () => void signal('SIGCONT'),
    async remove() {
      await kill9();
      // Erlang's name server stays behind; it may have ended by itself.
      await promisify(execFile)('epmd', ['-kill'], { env: environment }).catch(() => undefined);
      await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

/** Settings of a node that meets no other: its ports, name, data and name server are its own. */
async function prepare(folder: string): Promise<NodeJS.ProcessEnv & { RABBITMQ_NODE_PORT: string }> {
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
    RABBITMQ_MNESIA_BASE: inFolder('mnesia'),
    RABBITMQ_LOG_BASE: inFolder('log'),
    RABBITMQ_PID_FILE: inFolder('pid'),
    RABBITMQ_ENABLED_PLUGINS_FILE: inFolder('enabled_plugins'),
    RABBITMQ_CONFIG_FILE: inFolder('rabbitmq.conf'),
    RABBITMQ_CONF_ENV_FILE: '/dev/null',
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: '+S 1:1 -kernel inet_dist_use_interface {127,0,0,1}',
  };
}

const takesConnections = (url: string): Promise<boolean> =>
  connect(url, { timeout: 2000 }).then(
    (connection) => connection.close().then(() => true),
    () => false,
  );

function leaveOut(context: Mocha.Context): never {
  console.log('no RabbitMQ found: its tests are left out; set RABBITMQ_URL, or `apt-get install rabbitmq-server`');
  return context.skip(); // which CI counts as failed (support/reporter.ts)
}

let shared: PrivateBroker | undefined;

/** The broker of the whole run: RABBITMQ_URL's, or a private one from the first file that asks to the end. */
export async function sharedBroker(context: Mocha.Context): Promise<string> {
  if (process.env.RABBITMQ_URL) return process.env.RABBITMQ_URL;
  shared ??= await startPrivateBroker(context);
  return shared.url;
}

after('the broker of the run', async function () {
  this.timeout(20_000);
  await shared?.remove();
});
