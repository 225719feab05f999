import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { describedService } from '../scripts/docs/described.ts';
import { checkMessage } from '../scripts/contract/check.ts';
import { checkContract } from '../scripts/contract/run.ts';
import { distance, nearNames } from '../scripts/contract/names.ts';
import type { CatalogueEntry, Side } from '../src/events/catalogue.ts';
import { defineTopic } from '../src/events/topic.ts';
import { z } from 'zod';

const root = path.join(import.meta.dirname, '..');
const fixture = (file: string) => path.join(root, 'test/fixtures/contracts', file);

/** The command as another team runs it, in an environment that has no setting of ours. */
async function contract(args: readonly string[], input = '') {
  const child = spawn(process.execPath, ['--import', 'tsx', 'scripts/contract.ts', ...args], {
    cwd: root,
    env: { PATH: process.env.PATH },
  });
  child.stdin.end(input);
  const [out, err, code] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    new Promise<number | null>((resolve) => child.once('close', resolve)),
  ]);
  return { out, err, code };
}

/** The same within this process, which has the service loaded already. */
async function inProcess(args: readonly string[], input = '') {
  const lines: string[] = [];
  const terminal = { standardInput: async () => Buffer.from(input), print: (line: string) => void lines.push(line) };
  const right = await checkContract(args, terminal);
  return { right, out: lines.join('\n') };
}

const refusal = (args: readonly string[]) => inProcess(args).then(() => 'nothing', (error: Error) => error.message);

let folder = '';
before(async () => void (folder = await mkdtemp(path.join(tmpdir(), 'contract-'))));
after(() => rm(folder, { recursive: true, force: true }));
const fileOf = async (name: string, body: unknown) => {
  const file = path.join(folder, name);
  await writeFile(file, JSON.stringify(body));
  return file;
};

describe('the contract kit, as a command', () => {
  it('ends with 0 for a message on standard input that is right', async () => {
    const { out, err, code } = await contract(['iva.respuesta', '-'], JSON.stringify({ pedidos: [] }));
    assert.deepEqual([code, err], [0, '']);
    assert.match(out, /^right {2}iva\.respuesta \(out, published by marketplace.*standard input/);
    assert.match(out, /1 checked, all right\n$/);
  });

  it('ends with 1 where one of its files is wrong, and says so of that one', async () => {
    const file = await fileOf('wrong.json', { topic: 'pedido.entregado', payload: {} });
    const { out, err, code } = await contract(['pedido.entregado', fixture('hub/in/pedido.entregado.json'), file]);
    assert.deepEqual([code, err], [1, '']);
    assert.match(out, /^right .*pedido\.entregado\.json\n[^]*^WRONG .*wrong\.json\n[^]*2 checked, 1 wrong\n$/m);
  });

  it('ends with 1 for an unknown topic, and names what may have been meant', async () => {
    const { err, code } = await contract(['pedido.creada', fixture('hub/in/pedido.creado.json')]);
    assert.equal(code, 1);
    assert.match(err, /^There is no topic "pedido\.creada"\. Did you mean pedido\.creado/);
  });
});

describe('the contract kit, by what it says', () => {
  it('shows the keys of good messages: wrapped, bare, under an alias, and over RabbitMQ', async () => {
    const bare = await fileOf('bare.json', { pedidoId: 12345, estado: 'entregado' });
    const hub = await inProcess(['delivery.successful', fixture('hub/in/pedido.entregado.json'), bare]);
    assert.ok(hub.right);
    assert.match(hub.out, /dedupe key: ORD_PHU998 {3}made of \{pedidoId\}/);
    assert.match(hub.out, /ordering key: pedido:12345/);
    const broker = await inProcess(['inventory.stock.updated', fixture('amqp/order-service/in/inventory.stock.updated.json')]);
    assert.match(broker.out, /dedupe key: mov_123 {3}made of \{data\.movement_id\}/);
  });

  it('says of a bad one what is wrong where, in the words of the service, and how to mend it', async () => {
    const line = { producto_id: 1, cantidad: 1.5, precio_unitario: 1.005, color: 'rojo' };
    const payload = { pedido_id: '1', comercio_id: '7', cliente_nombre: 'Ana', direccion_entrega: 'Salta 1', productos: [line, line] };
    const { out, right } = await inProcess(['pedido.creado', await fileOf('bad.json', { topic: 'pedido.creado', payload })]);
    assert.ok(!right);
    assert.match(out, /comercio_id: has "7"; the service says «.*se esperaba número, recibido texto»\n +to mend it: make it integer, 1\.\.2147483647, as in the example: 1/);
    assert.match(out, /to mend it: rename pedido_id to pedidoId/);
    assert.doesNotMatch(out, /pedido_id is ignored/);
    assert.match(out, /productos\[1\]\.precio_unitario: has 1\.005; the service says «tiene más de dos decimales»/);
    assert.match(out, /note: productos\[0\]\.color is ignored/);
    assert.doesNotMatch(out, /productos\[1\]\.color/);
  });

  it('does not let a fixture hold what the service never sends', async () => {
    const { out, right } = await inProcess(['iva.respuesta', '-'], JSON.stringify({ pedidos: [], totalIva: 3 }));
    assert.ok(!right);
    assert.match(out, /totalIva\n +to mend it: leave it out: the service never sends it/);
  });

  it('says what else to do when it is misused', async () => {
    const placed = fixture('amqp/order-service/out/order.placed.json');
    assert.match(await refusal(['order.placed', '--in', placed]), /published by the service, which does not take it: use --out/);
    assert.match(await refusal(['iva.pedido', '--out', placed]), /use --in/);
    assert.equal(await refusal(['iva.pedido', path.join(folder, 'nowhere.json')]), `There is no file ${path.join(folder, 'nowhere.json')}.`);
    assert.match(await refusal(['iva.pedido']), /npm run contract -- <topic> <file\.json>/);
  });

  it('lists every topic', async () => {
    const { out } = await inProcess(['--list']);
    for (const { name } of describedService().topics) assert.ok(out.includes(name), name);
  });
});

describe('the contract kit, check by check', () => {
  const catalogue = describedService().catalogue();
  const of = (name: string) => catalogue.find(({ topic }) => topic.name === name) as CatalogueEntry;
  const check = (name: string, body: string | Buffer, side: Side = 'in') => checkMessage(of(name), side, Buffer.from(body), 1024);
  const mended = (name: string, body: string | Buffer) => check(name, body).problems.map(({ mend }) => mend).join();

  it('refuses what the service could not even read', () => {
    assert.match(mended('iva.pedido', '{'), /it is not JSON/);
    assert.match(mended('iva.pedido', '\uFEFF{}'), /byte-order mark/);
    assert.match(mended('iva.pedido', Buffer.from([0x7b, 0xff, 0x7d])), /not UTF-8/);
    assert.match(mended('iva.pedido', `{"x":"${'a'.repeat(2000)}"}`), /no more than 1024/);
    assert.match(mended('iva.pedido', '[]'), /make it a JSON object/);
    assert.match(mended('iva.pedido', '{"topic":"iva.respuesta","payload":{}}'), /its wrapper says "iva\.respuesta"/);
  });

  it('takes all dialects of the hub', () => {
    const payload = { fechaDesde: '2024-01-01', fechaHasta: '2024-01-31' };
    for (const body of [payload, { topic: 'iva.pedido', payload }, { topic: 'iva.pedido', data: payload }, { event: 'iva.pedido', data: payload }]) {
      assert.deepEqual(check('iva.pedido', JSON.stringify(body)).problems, []);
    }
  });

  it('leaves alone what may be of any kind', () => {
    const { topic } = of('catalog.variant.updated');
    const message = structuredClone(topic.example) as { data: { changes: Record<string, unknown> } };
    message.data.changes['sku'] = { old: 'a', new: 'b' };
    const { problems, notes } = check('catalog.variant.updated', JSON.stringify(message));
    assert.deepEqual({ problems, notes }, { problems: [], notes: [] });
  });

  it('finds the example of every topic right, on each of its sides', () => {
    for (const entry of catalogue) {
      const side = entry.topic.direction === 'in' ? 'in' : 'out';
      const { problems, notes } = checkMessage(entry, side, Buffer.from(JSON.stringify(entry.topic.example)), 1_048_576);
      assert.deepEqual(problems, [], entry.topic.name);
      // Of others' messages the documents show more than is read here.
      if (side === 'out') assert.deepEqual(notes, [], entry.topic.name);
    }
  });

  it('asks of a message that travels both ways what each side asks', () => {
    const topic = defineTopic({
      name: 'both.ways', direction: 'both', description: '', schema: z.object({ id: z.string() }), key: ({ id }) => id, example: { id: 'a' },
    });
    const entry: CatalogueEntry = { topic, context: 'test', producers: [], takers: [], consumers: [] };
    const body = Buffer.from('{"id":"a","more":1}');
    assert.deepEqual(checkMessage(entry, 'in', body, 100).keys, { dedupe: 'a', order: undefined });
    assert.deepEqual(checkMessage(entry, 'out', body, 100).problems.map(({ at }) => at), ['more']);
  });

  it('knows near names', () => {
    assert.deepEqual([distance('', 'abc'), distance('kitten', 'sitting'), distance('a', 'a')], [3, 3, 0]);
    assert.deepEqual(nearNames('comercioId', ['comercio_id', 'cliente_nombre']), ['comercio_id']);
    assert.deepEqual(nearNames('constructor', ['pedido.creado']), []);
  });
});
