import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createServer, type Server } from 'node:http';
import { compose, type Service } from '../src/compose.ts';
import { readConfig } from '../src/config.ts';
import { createLogger } from '../src/kernel/logger.ts';
import { closeServer, listen } from '../src/kernel/server.ts';
import { until } from '../scripts/demo/poll.ts';
import { createRest, type Rest } from '../scripts/demo/rest.ts';
import { startHubSimulator, type HubSimulator } from '../scripts/hub-simulator/index.ts';
import { cloneDatabase, type TestDatabase } from './support/database.ts';

interface Said {
  code: number;
  stdout: string;
  stderr: string;
}

/** Runs a script as a person would, with a clean environment. */
const runScript = (script: string, args: string[], settings: Record<string, string>): Promise<Said> =>
  new Promise((resolve) => {
    const { PATH, HOME, TMPDIR } = process.env;
    const options = { env: { PATH, HOME, TMPDIR, ...settings } };
    execFile(process.execPath, ['--import', 'tsx', script, ...args], options, (error, stdout, stderr) =>
      resolve({ code: error ? Number(error.code) : 0, stdout, stderr }),
    );
  });

describe('npm run admin', () => {
  let database: TestDatabase;
  let simulator: HubSimulator;
  let service: Service;
  let server: Server;
  let rest: Rest;
  let comercioId: number;
  let productoId: number;

  const admin = (...args: string[]) => runScript('scripts/admin/main.ts', args, { DATABASE_URL: database.url });
  const deliver = (topic: string, payload: object) => simulator.deliver({ topic, payload });
  const order = (pedidoId: string | number, cantidad: number) =>
    deliver('pedido.creado', {
      pedidoId,
      comercio_id: comercioId,
      cliente_nombre: 'Juan',
      direccion_entrega: 'Calle 1',
      productos: [{ producto_id: productoId, cantidad, precio_unitario: 100 }],
    });
  const setStock = (cantidad_stock: number) =>
    rest.need('PATCH', `/api/sellers/${comercioId}/products/${productoId}/stock`, { cantidad_stock });
  const move = async (pedidoId: string, estado: string) => {
    const { data } = await rest.need('GET', `/api/orders/${comercioId}`);
    const found = (data as Array<{ pedido_id: string; orden_id: number }>).find((row) => row.pedido_id === pedidoId);
    await rest.need('PATCH', `/api/orders/${found?.orden_id}`, { estado });
  };
  const stockTold = () =>
    simulator
      .published('stock.actualizado')
      .map(({ payload }) => payload.stock as { cantidad_anterior: number; cantidad_nueva: number });
  const heard = (count: number) => until(`${count} announcements of stock`, async () => stockTold().length >= count);

  before(async () => {
    database = await cloneDatabase();
    simulator = await startHubSimulator({ port: 0 });
    const settings = {
      ...readConfig({}),
      DATABASE_URL: database.url,
      HUB_URL: simulator.url,
      JWT_SECRET: 'a secret of at least thirty-two bytes',
    };
    const log = createLogger('error');
    log.silent = true;
    service = compose(settings, log);
    await service.start();
    server = createServer(service.listener);
    const port = await listen(server, 0, '127.0.0.1');
    simulator.setCallbackUrl(`http://127.0.0.1:${port}/callback`);
    rest = createRest(`http://127.0.0.1:${port}`);
    const registered = await rest.need('POST', '/api/auth/register-tenant', {
      nombre: 'N',
      razon_social: 'R',
      cuenta_bancaria: '1',
      email: 'a@b.example',
      telefono: '1',
      nombre_usuario: 'Ana',
      password: 'secreto1',
      calle: 'C',
      numero: '1',
      ciudad: 'C',
      provincia: 'P',
      codigo_postal: '1',
    });
    rest.signIn(String(registered.accessToken));
    comercioId = ((await rest.need('POST', '/api/sellers', { nombre: 'S' })).data as { comercio_id: number })
      .comercio_id;
    const { producto } = await rest.need('POST', '/api/products', { nombre_producto: 'Pan', precio: 100 });
    productoId = Number((producto as { producto_id: string }).producto_id);
    await setStock(20);
  });

  after(async () => {
    await closeServer(server, 1000);
    await service.stop();
    await simulator.close();
    await database.drop();
  });

  afterEach(() => simulator.faults({}));

  it('lists what came in, by topic and outcome', async () => {
    await order('e-1', 1);
    await order('e-1', 1);
    await deliver('clima.hoy', { grados: 21 });
    await deliver('delivery.failed', { pedidoId: 'e-1' });
    const all = await admin('events');
    assert.equal(all.code, 0, all.stderr);
    assert.match(all.stdout, /^RECEIVED \(UTC\) +EVENT +TOPIC +ABOUT +OUTCOME +WHY$/m);
    assert.match(all.stdout, /clima\.hoy +– +unknown +el tema clima\.hoy/);
    const repeats = await admin('events', '--outcome', 'repeat', '--limit', '1', '--json');
    const [first, ...more] = JSON.parse(repeats.stdout);
    assert.deepEqual(
      [first.topic, first.subject, first.outcome, more.length],
      ['pedido.creado', 'pedido:e-1', 'repeat', 0],
    );
    assert.match((await admin('events', '--topic', 'delivery.failed')).stdout, /delivery\.failed +pedido:e-1 +done/);
    assert.match((await admin('events', '--topic', 'nada')).stdout, /^No event fits\.$/m);
  });

  it('tells what waits, and what came of it', async () => {
    await order(7001, 1);
    await deliver('pedido.entregado', { pedidoId: 7001 });
    const waiting = await admin('parked');
    assert.match(waiting.stdout, /pedido\.entregado +pedido:7001 +waiting .*está pendiente/);
    assert.match(
      (await admin('explain', '7001')).stdout,
      /está pendiente.*su pedido\.entregado ya llegó y entonces se aplica solo\.$/m,
    );
    await move('7001', 'listo');
    assert.match((await admin('parked')).stdout, /^Nothing is parked\.$/m);
    assert.match((await admin('parked', '--all')).stdout, /pedido:7001 +applied/);
  });

  it('explains an order that was delivered, step by step', async () => {
    await order('x-1', 2);
    await order('x-1', 3);
    await move('x-1', 'listo');
    await deliver('pedido.entregado', { pedidoId: 'x-1' });
    await until('its messages are published', async () => !/pendiente,/.test((await admin('explain', 'x-1')).stdout));
    const { stdout, code } = await admin('explain', 'x-1');
    assert.equal(code, 0);
    const steps = [
      /pedido\.creado, de hub: aplicado/,
      /orden \d+ {2}creada para el comercio \d+: 2 × Pan a \$.100,00 \(IVA 21 %\); total \$.200,00/,
      /✓ comercio_activo: el comercio y su negocio pueden vender/,
      /✓ stock: producto \d+ \(Pan\): pedidos 2, disponibles \d+/,
      /✓ precio: producto \d+: vino a \$.100,00, como en el catálogo/,
      /stock {2}producto \d+: \d+ → \d+ \(venta/,
      /pedido\.confirmar: publicado/,
      /stock\.actualizado: publicado/,
      /el mismo identificador con otro contenido/,
      /→ listo, por admin \d+/,
      /pedido\.entregado, de hub: aplicado/,
      /→ finalizada, por pedido\.entregado/,
      /se entregó y está finalizada, por pedido\.entregado \(.*\)\.$/m,
    ];
    let from = 0;
    for (const step of steps) {
      const at = stdout.slice(from).search(step);
      assert.ok(at >= 0, `${step} comes next in:\n${stdout}`);
      from += at;
    }
  });

  it('shows what is under way over several services, and why it failed', async () => {
    assert.match((await admin('sagas')).stdout, /^Every saga went well/);
    const { order_id } = await rest.need('POST', '/checkout', { user_id: 'X9', items: [{ product_id: 'nothing', quantity: 1 }] });
    const id = String(order_id);
    await until('it is rejected', async () => (await rest.need('GET', `/checkout/${id}`))['state'] === 'rechazada');
    const { stdout } = await admin('sagas');
    assert.match(stdout, new RegExp(`checkout +${id} +failed .*payment open.* (unknown_user|unknown_product)`));
    const story = (await admin('explain', id)).stdout;
    for (const line of ['entró OrderRequested (local): done', 'entró UserRejected (local): done', 'checkout: failed (unknown_']) {
      assert.ok(story.includes(line), `${line} is not in\n${story}`);
    }
  });

  it('explains what has no order, and one whose tenant turned it down', async () => {
    await order('x-2', 1000);
    assert.match(
      (await admin('explain', 'x-2')).stdout,
      /El pedido x-2 no tiene orden: pedido rechazado: sin stock: .*pedidos 1000, disponibles \d+\.$/m,
    );
    const refused = (await admin('explain', 'x-2')).stdout;
    assert.match(refused, /✓ producto: .*\n.*✗ stock: producto \d+ \(Pan\): pedidos 1000, disponibles \d+$/m);
    await deliver('pedido.creado', { pedidoId: 'x-3' });
    assert.match((await admin('explain', 'x-3')).stdout, /su pedido\.creado no era válido; .*productos/);
    await deliver('pedido.cancelado', { pedidoId: 'x-4' });
    assert.match(
      (await admin('explain', 'x-4')).stdout,
      /hasta ahora solo llegó pedido\.cancelado; lo espera hasta/,
    );
    await order('x-5', 1);
    await move('x-5', 'rechazada');
    const turnedDown = (await admin('explain', 'x-5')).stdout;
    assert.match(turnedDown, /la rechazó admin \d+ \(.*\), y su stock volvió\./);
    // The sale's, and the one that no event caused.
    assert.equal(turnedDown.match(/stock\.actualizado/g)?.length, 2, turnedDown);
    const unknown = await admin('explain', 'x-nobody');
    assert.equal(unknown.code, 1);
    assert.match(unknown.stdout, /^No se sabe nada del pedido x-nobody/);
  });

  it('sends a dead message again as it was, unless it is about stock', async () => {
    assert.match((await admin('dead-letters')).stdout, /^No dead letters/);
    simulator.faults({ status: 422, topics: ['pedido.confirmar'], for: 1 });
    await order('d-1', 1);
    const dead = await until('it is dead', async () => JSON.parse((await admin('dead-letters', '--json')).stdout)[0]);
    assert.match((await admin('explain', 'd-1')).stdout, /1 de sus mensajes no se pueden entregar como están/);
    const retried = await admin('dead-letters', 'retry', String(dead.messageId));
    assert.match(retried.stdout, /\(pedido\.confirmar, pedido:d-1\) is pending again/);
    await until('the hub has it', async () =>
      simulator.published('pedido.confirmar').some(({ payload }) => payload.pedidoId === 'd-1'),
    );
  });

  it('tells the present stock in place of a dead announcement, where the hub stands', async () => {
    await until('all is published', async () => (await admin('dead-letters')).stdout.startsWith('No dead letters'));
    await setStock(50);
    await until('the hub knows', async () => stockTold().at(-1)?.cantidad_nueva === 50);
    const count = stockTold().length;
    simulator.faults({ status: 422, topics: ['stock.actualizado'], for: 2 });
    await setStock(45);
    await setStock(42);
    const [first, second] = (await until('both are dead', async () => {
      const dead = JSON.parse((await admin('dead-letters', '--json')).stdout) as Array<{ messageId: number }>;
      return dead.length === 2 && dead;
    })) as [{ messageId: number }, { messageId: number }];
    const retried = await admin('dead-letters', 'retry', String(first.messageId));
    assert.match(retried.stdout, /is superseded by message \d+: stock:\d+:\d+ 50 → 42\.$/m, retried.stderr);
    await heard(count + 1);
    assert.deepEqual(stockTold().at(-1), { cantidad_anterior: 50, cantidad_nueva: 42 });
    assert.match(
      (await admin('dead-letters', 'retry', String(second.messageId))).stdout,
      /the hub already knows the present stock, 42/,
    );
    assert.match((await admin('dead-letters')).stdout, /^No dead letters/);
    assert.match((await admin('dead-letters', '--all')).stdout, /superseded by message \d+/);
    const again = await admin('dead-letters', 'retry', String(first.messageId));
    assert.equal(again.code, 1);
    assert.match(again.stderr, /was settled before: superseded by message/);
  });

  it('helps who asks wrongly', async () => {
    const help = await admin();
    assert.equal(help.code, 0);
    assert.match(help.stdout, /explain <pedidoId>/);
    for (const [args, words] of [
      [['explian', '1'], /there is no command "explian"/],
      [['explain'], /explain what\?/],
      [['events', '--outcome', 'fine'], /--outcome is one of/],
      [['dead-letters', 'retry'], /retry which\?/],
      [['dead-letters', 'retry', '999999'], /there is no message 999999/],
      [['parked', '--every'], /--every/],
    ] as Array<[string[], RegExp]>) {
      const { code, stderr } = await admin(...args);
      assert.equal(code, 1);
      assert.match(stderr, words);
    }
    const nowhere = await runScript('scripts/admin/main.ts', ['events'], { DATA_DIR: '/nowhere' });
    assert.equal(nowhere.code, 1);
    assert.match(nowhere.stderr, /DATABASE_URL is not set, and no embedded PostgreSQL runs in \/nowhere/);
  });

  it('migrate finds nothing to do in a database that is up to date', async () => {
    const { code, stdout } = await runScript('scripts/migrate.ts', [], { DATABASE_URL: database.url });
    assert.equal(code, 0);
    assert.match(stdout, /is up to date\.$/m);
  });
});
