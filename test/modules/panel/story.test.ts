import assert from 'node:assert/strict';
import supertest from 'supertest';
import { orderOf } from '../../support/shop.ts';
import { openPanelBench, PASSWORD, plain, type PanelBench, type PanelShop, type Person } from './support.ts';

/** Why an order was refused is what tenants ask most, and a refused one has no page of its own. */
describe('looking for a pedido in the panel', () => {
  let bench: PanelBench;
  let shop: PanelShop;
  let other: PanelShop;
  before(async () => {
    bench = await openPanelBench();
    shop = await bench.open({ stock: 5 });
    other = await bench.open({ stock: 5, productos: 2 });
  });
  after(() => bench?.close());

  const search = async (person: Person, pedido: string) => {
    const agent = supertest.agent(bench.service.url);
    const form = agent.post('/panel/login').type('form').set('Sec-Fetch-Site', 'same-origin');
    await form.send({ email: person.email, password: PASSWORD }).expect(303);
    return agent.get('/panel/pedidos/buscar').query({ pedido });
  };

  it('tells what was refused, with every check and its values', async () => {
    await bench.service.deliver('pedido.creado', orderOf(shop, 'B-1', { cantidad: 9 }));
    const res = await search(shop.admin, ' B-1 ');
    assert.equal(res.status, 200);
    const text = plain(res.text);
    assert.match(text, /El pedido B-1 no tiene orden: pedido rechazado: sin stock/);
    assert.match(text, /✓ el comercio y su negocio pueden vender/);
    assert.match(text, /✗ producto \d+ \(Producto 1\): pedidos 9, disponibles 5/);
  });

  it('goes to the order of one that was taken', async () => {
    const ordenId = await bench.order(shop, 'B-2');
    const res = await search(shop.admin, 'B-2');
    assert.deepEqual([res.status, res.headers.location], [303, `/panel/pedidos/${ordenId}`]);
  });

  it("finds nothing of other tenants, nor of an operator's other sellers", async () => {
    const branch = await bench.addSeller(shop, 'Otra sucursal');
    const operator = await bench.addOperator(shop, [branch.comercioId]);
    for (const person of [other.admin, operator]) {
      for (const pedido of ['B-1', 'B-2', 'nadie', `' OR 1=1 --`]) {
        const res = await search(person, pedido);
        assert.equal(res.status, 404, pedido);
        assert.doesNotMatch(plain(res.text), /Producto 1|disponibles/);
      }
    }
    assert.equal((await search(shop.admin, 'x\u0000y')).status, 400);
  });

  it('tells each of two tenants its own part, when one number was sent to both', async () => {
    await bench.service.deliver('pedido.creado', orderOf(shop, 'B-3', { cantidad: 77 }));
    const ordenId = await bench.order(other, 'B-3', { productos: [{ producto_id: other.productos[1], cantidad: 1, precio_unitario: 450.75 }] });
    const refused = plain((await search(shop.admin, 'B-3')).text);
    assert.match(refused, /pedidos 77, disponibles 4/);
    assert.doesNotMatch(refused, /Producto 2|orden \d/);
    const taken = await search(other.admin, 'B-3');
    assert.equal(taken.headers.location, `/panel/pedidos/${ordenId}`);
    const agent = supertest.agent(bench.service.url);
    const form = agent.post('/panel/login').type('form').set('Sec-Fetch-Site', 'same-origin');
    await form.send({ email: other.admin.email, password: PASSWORD }).expect(303);
    const story = plain((await agent.get(`/panel/pedidos/${ordenId}`).expect(200)).text);
    assert.match(story, /Producto 2/);
    assert.doesNotMatch(story, /pedidos 77/);
  });

  it('shows a tenant nothing of our inside that a cause may hold', async () => {
    const ordenId = await bench.order(shop, 'B-5');
    await bench.service.database.transaction('system', async (trx) => {
      await trx.run(`UPDATE events SET outcome = 'abandoned', cause = 'connect ECONNREFUSED 10.1.2.3' WHERE subject = 'pedido:B-5'`);
      await trx.run(`UPDATE outbox SET state = 'dead', last_error = 'SELECT secret' WHERE ordering_key = 'pedido:B-5'`);
    });
    const agent = supertest.agent(bench.service.url);
    const form = agent.post('/panel/login').type('form').set('Sec-Fetch-Site', 'same-origin');
    await form.send({ email: shop.admin.email, password: PASSWORD }).expect(303);
    const text = plain((await agent.get(`/panel/pedidos/${ordenId}`).expect(200)).text);
    assert.match(text, /falló demasiadas veces y se abandonó/);
    assert.match(text, /no se puede entregar/);
    assert.doesNotMatch(text, /ECONNREFUSED|10\.1\.2\.3|SELECT secret/);
  });

  it('leaves out the middle of what was repeated without end', async () => {
    const ordenId = await bench.order(shop, 'B-4');
    await bench.service.hub.deliver({ topic: 'pedido.creado', payload: orderOf(shop, 'B-4'), times: 260, concurrency: 20 });
    const agent = supertest.agent(bench.service.url);
    const form = agent.post('/panel/login').type('form').set('Sec-Fetch-Site', 'same-origin');
    await form.send({ email: shop.admin.email, password: PASSWORD }).expect(303);
    const text = plain((await agent.get(`/panel/pedidos/${ordenId}`).expect(200)).text);
    assert.match(text, /… 61 eventos más sobre este pedido, que no se muestran/);
    assert.equal(text.match(/repetido; se dio otra vez la primera respuesta/g)?.length, 199);
  });
});
