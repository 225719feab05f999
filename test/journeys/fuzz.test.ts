import assert from 'node:assert/strict';
import { Agent, request } from 'node:http';
import { connect } from 'node:net';
import fc from 'fast-check';
import { createJudge } from '../support/contract.ts';
import { inParallel } from '../support/sender.ts';
import { startTestService, type TestService } from '../support/service.ts';
import { wildRequests, type Document, type Known, type Wild } from './fuzz-requests.ts';
import { fillTenant, type World } from './isolation-world.ts';

const LONG = process.env.TEST_LONG !== undefined;
const REQUESTS = LONG ? 40_000 : 3000;
const WIDTH = 8;
const AT_A_TIME = 125;
/** What a failing run prints; run it again with TEST_SEED. */
const SEED = Number(process.env.TEST_SEED ?? Date.now() % 2 ** 31);

interface Answer {
  status: number;
  type: string;
  body: Buffer;
}

function send(url: string, agent: Agent, { method, path, headers, body }: Wild): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(url);
    const length = body === undefined ? {} : { 'content-length': String(body.length) };
    const outgoing = request({ hostname, port, agent, method, path, headers: { ...headers, ...length } }, (res) => {
      const chunks: Buffer[] = [];
      res.on('data', (chunk: Buffer) => chunks.push(chunk));
      res.on('error', reject);
      res.on('end', () =>
        resolve({
          status: res.statusCode ?? 0,
          type: (res.headers['content-type'] ?? '').split(';')[0] as string,
          body: Buffer.concat(chunks),
        }),
      );
    });
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

/** Enough of a request to send it again by hand. */
const shown = ({ method, path, headers, body }: Wild): string =>
  `${method} ${path.slice(0, 300)} ${JSON.stringify({ ...headers, authorization: undefined }).slice(0, 400)} ${body === undefined ? '' : body.toString('latin1').slice(0, 600)}`;

/** Other systems stand behind these; they may fail. */
const MAY_FAIL = new Map([
  ['/balance', [502, 503, 504]],
  ['/api/tenants/balance', [502, 503, 504]],
]);

describe(`${REQUESTS} wild requests`, function () {
  this.timeout(LONG ? 1_200_000 : 120_000);
  let service: TestService;
  let world: World;
  const marks = { secret: 'fuzzed', shop: 'tienda', first: 'primero' };

  before(async () => {
    service = await startTestService({ settings: { BALANCE_TIMEOUT_MS: '300' } });
    world = await fillTenant(service, marks);
  });
  after(() => service.close());

  /** Values that exist. What is deleted is what others of these requests made, so that there is always something left. */
  const known = (): Known => {
    const deletable = fc.sample(fc.integer({ min: 4, max: 60 }), { seed: SEED, numRuns: 20 });
    const orders = Object.values(world.orders);
    const byName: Record<string, unknown[]> = {
      tenantId: [world.tenantId],
      productId: [world.product],
      promotionId: [world.promotion],
      categoriaId: [world.category],
      imagenId: [world.picture.split('/').at(-1)],
      categoria_id: [world.category, String(world.category)],
      comercio_id: world.sellers,
      comercios_ids: world.sellers,
      lista_productos: [String(world.product), world.product],
      precio: ['120.5', 99.99],
      cantidad_stock: [0, 5, 1000],
      dia_semana: ['lunes', 'Domingo', 3],
      hora_apertura: ['09:00', '9:30', null],
      hora_cierre: ['18:00', '18:30:00', null],
      email: ['nadie@ejemplo.com', 'otra@ejemplo.com'],
      password: ['wrong'],
      refreshToken: ['nothing'],
      iva: [21, '10.5'],
      customer_id: [world.online.customer],
    };
    return {
      tokens: { admin: world.admin, operator: world.operator },
      values(name, method, path) {
        if (name === 'id')
          return method === 'DELETE'
            ? deletable
            : path.includes('/orders/detail') || (path.includes('/orders/') && method === 'PATCH')
              ? orders
              : world.sellers;
        if (method === 'DELETE') return name === 'tenantId' ? [world.tenantId + 1] : deletable;
        return Object.hasOwn(byName, name) ? (byName[name] as unknown[]) : [];
      },
    };
  };

  it('get answers that the document has, none of them a 500, none of them HTML', async () => {
    const document = JSON.parse(JSON.stringify(service.service.document())) as Document;
    const judge = createJudge(service.service.document());
    const agent = new Agent({ keepAlive: true, maxSockets: WIDTH });
    const wildOnes = wildRequests(document, known());
    const failures: string[] = [];
    const statuses = new Map<number, number>();
    const check = async (wild: Wild): Promise<void> => {
      const path = wild.path.split('?')[0] as string;
      // It would end the session that the others use.
      const one = path.includes('logout') ? { ...wild, headers: { ...wild.headers, authorization: 'none' } } : wild;
      const answer = await send(service.url, agent, one).catch((error: Error) => error);
      if (answer instanceof Error) return void failures.push(`${answer.message}: ${shown(one)}`);
      statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1);
      const fault =
        answer.status >= 500 && !MAY_FAIL.get(path)?.includes(answer.status) ? 'a failure of ours' : undefined;
      const problem = fault ?? judge(one.method, path, answer);
      if (problem)
        failures.push(`${answer.status} ${problem}: ${shown(one)} → ${answer.body.toString().slice(0, 300)}`);
    };
    // Some at a time: making them holds up the service, which runs in this process too.
    for (let made = 0; made < REQUESTS && failures.length === 0; made += AT_A_TIME) {
      await inParallel(fc.sample(wildOnes, { seed: SEED + made, numRuns: AT_A_TIME }), WIDTH, check);
    }
    agent.destroy();
    const summary = [...statuses]
      .sort(([a], [b]) => a - b)
      .map(([status, count]) => `${status}×${count}`)
      .join(' ');
    assert.deepEqual(
      failures.slice(0, 20),
      [],
      `seed ${SEED} (TEST_SEED=${SEED}), ${failures.length} failures; ${summary}`,
    );
    const good = [...statuses].reduce((sum, [status, count]) => sum + (status < 300 ? count : 0), 0);
    assert.ok(good > REQUESTS / 20, `too few requests came through to prove anything: ${summary}`);
    assert.ok(
      [400, 401, 403, 404, 405, 415].every((status) => statuses.has(status)),
      summary,
    );
  });

  it('that are not even HTTP, or lie about their length, get a refusal or a closed door', async () => {
    const raw = [
      'GET / HTTP/9.9\r\n\r\n',
      '\r\n\r\n\r\n',
      'BREW /pot HTTP/1.1\r\nHost: x\r\n\r\n',
      'GET /api/status\r\n\r\n',
      `GET /${'a'.repeat(20_000)} HTTP/1.1\r\nHost: x\r\n\r\n`,
      `GET /api/status HTTP/1.1\r\nHost: x\r\nX-Long: ${'a'.repeat(40_000)}\r\n\r\n`,
      'GET /api/status HTTP/1.1\r\n\r\n',
      'GET /api/status HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n',
      'GET http://evil.example/api/status HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n',
      'OPTIONS * HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n',
      'CONNECT evil.example:443 HTTP/1.1\r\nHost: x\r\n\r\n',
      'GET /api/sta\u0000tus HTTP/1.1\r\nHost: x\r\n\r\n',
      'POST /api/auth/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
      'POST /callback HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n',
      'POST /callback HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n',
      'GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n',
      'POST /callback HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{"topic":',
      'POST /api/auth/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"email":',
    ];
    for (const text of raw) {
      const answer = await exchange(service.url, text);
      assert.doesNotMatch(
        answer,
        /^HTTP\/1\.1 5|<html|<!doctype/i,
        `${JSON.stringify(text.slice(0, 100))} → ${answer.slice(0, 400)}`,
      );
    }
  });

  it('leave a service that works', async () => {
    const again = await fillTenant(service, { secret: 'afterwards', shop: 'despues', first: 'uno' });
    const response = await fetch(`${service.url}/api/products`, {
      headers: { authorization: `Bearer ${again.admin}` },
    });
    const products = (await response.json()) as Array<{ nombre_producto: string }>;
    assert.deepEqual(
      products.map(({ nombre_producto }) => nombre_producto),
      ['afterwards pizza'],
    );
    assert.equal((await fetch(`${service.url}/readyz`)).status, 200);
    const polluted = ({} as Record<string, unknown>)['rol'];
    assert.equal(polluted, undefined, 'no prototype was changed');
  });
});

/** Sends these very bytes, half-closes, and waits for whatever comes until the other side closes or says nothing more. */
function exchange(url: string, text: string): Promise<string> {
  return new Promise((resolve) => {
    let answer = '';
    const socket = connect(Number(new URL(url).port), '127.0.0.1', () => socket.end(text, 'latin1'));
    socket.setTimeout(1000, () => socket.destroy());
    socket.on('data', (chunk: Buffer) => (answer += chunk.toString('latin1')));
    socket.on('error', () => undefined); // a closed door is an answer too
    socket.on('close', () => resolve(answer));
  });
}
