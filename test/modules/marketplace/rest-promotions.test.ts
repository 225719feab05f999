import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  addProduct,
  addSeller,
  addUser,
  openRestApp,
  registerTenant,
  type RestApp,
  type SignedIn,
} from './rest-support.ts';

describe('REST: promotions', () => {
  let app: RestApp;
  let admin: SignedIn;
  let other: SignedIn;
  let operador: SignedIn;
  let [pizza, bebida, ajena]: string[] = [];
  before(async () => {
    app = await openRestApp();
    [admin, other] = [await registerTenant(app), await registerTenant(app)];
    operador = await addUser(app, admin, { rol: 'operador', comercios_ids: [await addSeller(app, admin)] });
    pizza = await addProduct(app, admin, { nombre_producto: 'Pizza', precio: 850.5, descripcion: '' });
    bebida = await addProduct(app, admin, { nombre_producto: 'Bebida', precio: 100 });
    ajena = await addProduct(app, other);
  });
  after(() => app.close());

  /** As the client's form sends it. */
  const promo = (fields: object = {}) => ({
    nombre: 'Verano',
    tipo_promocion: 'porcentaje',
    valor_descuento: 15,
    fecha_inicio: '2030-01-15',
    fecha_fin: '2030-02-15',
    lista_productos: [pizza],
    ...fields,
  });
  const post = (fields: object = {}, status = 201, who = admin) =>
    app.agent.post('/api/promotions').set(who.auth).send(promo(fields)).expect(status);
  const create = async (fields: object = {}, who = admin) => (await post(fields, 201, who)).body.promocion;
  const patch = (id: number | string, body: object, status = 200, who = admin) =>
    app.agent.patch(`/api/promotions/${id}`).set(who.auth).send(body).expect(status);
  const list = async (who = admin) => (await app.agent.get('/api/promotions').set(who.auth).expect(200)).body;
  const shown = async (id: number, who = admin) =>
    (await list(who)).find((one: { promocion_id: number }) => one.promocion_id === id);
  /** A product of its own for a test that deletes it or changes its price. */
  const product = (fields: Record<string, unknown> = {}) => addProduct(app, admin, fields);
  const archive = (id: string) =>
    app.deps.database.transaction({ tenantId: admin.tenantId }, (trx) =>
      trx.run('UPDATE products SET eliminado_en = now() WHERE tenant_id = $1 AND producto_id = $2', [
        admin.tenantId,
        Number(id),
      ]),
    );

  it('on very many products does not make their list grow with the square of them', async () => {
    const shop = await registerTenant(app);
    const ids = await app.deps.database.transaction({ tenantId: shop.tenantId }, async (trx) => {
      const rows = await trx.rows<{ id: string }>(
        `INSERT INTO products (tenant_id, nombre_producto, precio_centavos)
         SELECT $1, 'Producto ' || n, 100 FROM generate_series(1, 5000) AS n RETURNING producto_id::text AS id`,
        [shop.tenantId],
      );
      return rows.map(({ id }) => id);
    });
    await post({ lista_productos: ids.slice(0, 200) }, 201, shop);
    await post({ lista_productos: ids }, 201, shop);
    const products = (await app.agent.get('/api/products').set(shop.auth).expect(200)).body as Array<{
      producto_id: string;
      promociones: Array<{ productos_incluidos: string[] }>;
    }>;
    const included = products.map((one) => one.promociones.map(({ productos_incluidos }) => productos_incluidos));
    assert.deepEqual(included[0], [ids.slice(0, 200), [ids[0]]]);
    assert.deepEqual(included.slice(200), ids.slice(200).map((id) => [[id]]));
    assert.equal((await list(shop))[1].productos.length, 5000);
  });

  it('creates from what the client sends, and answers to the letter', async () => {
    const res = await post({ lista_productos: [pizza, bebida], valor_descuento: 12.5 });
    const { promocion } = res.body;
    assert.deepEqual(
      { ...promocion, promocion_id: 0, productos: [] },
      {
        promocion_id: 0,
        nombre: 'Verano',
        tipo_promocion: 'porcentaje',
        valor_descuento: 12.5,
        fecha_inicio: '2030-01-15T00:00:00.000Z',
        fecha_fin: '2030-02-15T00:00:00.000Z',
        productos: [],
      },
    );
    assert.equal(typeof promocion.promocion_id, 'number');
    assert.equal(typeof res.body.message, 'string');
    const [first] = promocion.productos;
    assert.match(first.fecha_creacion, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    assert.ok(Math.abs(Date.parse(first.fecha_creacion) - app.time.now.getTime()) < 60_000);
    assert.deepEqual(
      { ...first, fecha_creacion: '' },
      {
        producto_id: Number(pizza),
        tenant_id: admin.tenantId,
        categoria_id: null,
        nombre_producto: 'Pizza',
        descripcion: '',
        precio: 850.5,
        fecha_creacion: '',
      },
    );
    assert.deepEqual(await shown(promocion.promocion_id), promocion);
  });

  it('lists a bare array by id, to operators as well, and nothing of other tenants', async () => {
    const [first, second] = [await create(), await create()];
    const seen = await list(operador);
    assert.ok(Array.isArray(seen));
    const ids = seen.map((one: { promocion_id: number }) => one.promocion_id);
    assert.deepEqual(
      ids,
      [...ids].sort((a, b) => a - b),
    );
    assert.ok(ids.includes(first.promocion_id) && ids.includes(second.promocion_id));
    assert.deepEqual(await list(other), []);
    await app.agent.get('/api/promotions').expect(401);
  });

  it('takes ids as texts and as numbers, and each product once', async () => {
    const { productos } = await create({ lista_productos: [pizza, Number(pizza), bebida, bebida] });
    assert.deepEqual(
      productos.map((one: { producto_id: number }) => one.producto_id),
      [Number(pizza), Number(bebida)],
    );
  });

  it('refuses what is missing or malformed, saying what', async () => {
    for (const field of [
      'nombre',
      'tipo_promocion',
      'valor_descuento',
      'lista_productos',
      'fecha_inicio',
      'fecha_fin',
    ]) {
      for (const value of [undefined, null]) {
        const res = await post({ [field]: value }, 400);
        assert.ok(
          res.body.errores.some((sentence: string) => sentence.startsWith(field)),
          `${field}: ${res.body.message}`,
        );
      }
    }
    const bad: object[] = [
      { nombre: '  ' },
      { nombre: 'x'.repeat(101) },
      { nombre: 'a\u0000' },
      { nombre: 7 },
      { tipo_promocion: 'regalo' },
      { tipo_promocion: 'MONTO' },
      { valor_descuento: '15' },
      { valor_descuento: 10.001 },
      { valor_descuento: 1e-7 },
      { valor_descuento: 1e9 },
      { lista_productos: [] },
      { lista_productos: pizza },
      { lista_productos: ['x'] },
      { lista_productos: ['12abc'] },
      { lista_productos: [1.5] },
      { lista_productos: [0] },
      { lista_productos: [-1] },
      { lista_productos: [''] },
      { lista_productos: [null] },
      { lista_productos: ['9999999999'] },
      { fecha_inicio: '15/01/2030' },
      { fecha_fin: '2030-02-30' },
      { fecha_inicio: '' },
      { fecha_inicio: 1893456000000 },
      { fecha_fin: '2030-02-15Tx' },
    ];
    for (const fields of bad) await post(fields, 400);
    await app.agent
      .post('/api/promotions')
      .set(admin.auth)
      .set('Content-Type', 'application/json')
      .send('{"nombre":')
      .expect(400);
    await app.agent.post('/api/promotions').set(admin.auth).type('form').send({ nombre: 'x' }).expect(415);
  });

  it('refuses an end that is not after the start', async () => {
    for (const fecha_fin of ['2030-01-15', '2030-01-14', '2030-01-15T23:59:59Z']) {
      const res = await post({ fecha_fin }, 400);
      assert.match(res.body.message, /fecha_fin/);
    }
    await post({ fecha_fin: '2030-01-16' });
  });

  it('refuses an amount above the price of any of its products, naming it', async () => {
    const amount = { tipo_promocion: 'monto', lista_productos: [pizza, bebida] };
    await post({ ...amount, valor_descuento: 100 });
    const { body } = await post({ ...amount, valor_descuento: 100.01 }, 400);
    assert.match(body.message, /Bebida/);
    assert.doesNotMatch(body.message, /Pizza/);
    assert.equal(body.errores.length, 1);
  });

  it('tells unknown products from those of another tenant when creating, and not when changing', async () => {
    const deleted = await product();
    await archive(deleted);
    await post({ lista_productos: [pizza, '2147483647'] }, 404);
    await post({ lista_productos: [pizza, deleted] }, 404);
    await post({ lista_productos: [pizza, ajena] }, 403);
    const { promocion_id } = await create();
    for (const id of ['2147483647', deleted, ajena]) await patch(promocion_id, { lista_productos: [pizza, id] }, 403);
    assert.deepEqual((await shown(promocion_id)).productos.length, 1);
  });

  it('changes what is sent and nothing else; the list replaces the whole set', async () => {
    const before = await create({ lista_productos: [pizza] });
    const id = before.promocion_id;
    const renamed = (await patch(id, { nombre: 'Otoño' })).body.promocion;
    assert.deepEqual(renamed, { ...before, nombre: 'Otoño' });
    const body = {
      nombre: 'Todo',
      tipo_promocion: 'monto',
      valor_descuento: 50.25,
      fecha_inicio: '2031-03-01',
      fecha_fin: '2031-03-31T00:00:00.000Z',
      lista_productos: [bebida],
    };
    const { promocion, message } = (await patch(id, body)).body;
    assert.equal(typeof message, 'string');
    const { productos, ...rest } = promocion;
    const { lista_productos: _sent, ...sent } = body;
    assert.deepEqual(rest, {
      promocion_id: id,
      ...sent,
      fecha_inicio: '2031-03-01T00:00:00.000Z',
      fecha_fin: '2031-03-31T00:00:00.000Z',
    });
    assert.deepEqual(
      productos.map((one: { nombre_producto: string }) => one.nombre_producto),
      ['Bebida'],
    );
    assert.deepEqual(await shown(id), promocion);
  });

  it('refuses a change of nothing, and one of nothing it knows', async () => {
    const { promocion_id } = await create();
    for (const body of [{}, { promocion_id: 1, tenant_id: 2 }]) await patch(promocion_id, body, 400);
  });

  it('sends back unchanged what the list showed, as the edit page does', async () => {
    const before = await create({ lista_productos: [pizza, bebida] });
    const { promocion_id, productos, ...rest } = before;
    const ids = productos.map(({ producto_id }: { producto_id: number }) => String(producto_id));
    assert.deepEqual((await patch(promocion_id, { ...rest, lista_productos: ids })).body.promocion, before);
  });

  it('deletes for good', async () => {
    const { promocion_id } = await create();
    const res = await app.agent.delete(`/api/promotions/${promocion_id}`).set(admin.auth).expect(200);
    assert.equal(res.body.deleted_promotion_id, String(promocion_id));
    assert.equal(typeof res.body.message, 'string');
    assert.equal(await shown(promocion_id), undefined);
    await app.agent.delete(`/api/promotions/${promocion_id}`).set(admin.auth).expect(404);
    await patch(promocion_id, { nombre: 'x' }, 404);
  });

  it("leaves an order's line as it was when its promotion is deleted", async () => {
    const { promocion_id } = await create();
    const { tenantId } = admin;
    const line = `SELECT l.* FROM order_lines l WHERE l.tenant_id = $1 AND l.promocion_id = $2`;
    await app.deps.database.transaction({ tenantId }, async (trx) => {
      const seller = await trx.one<{ id: number }>(`SELECT min(comercio_id) AS id FROM sellers WHERE tenant_id = $1`, [
        tenantId,
      ]);
      await trx.run(
        `WITH o AS (INSERT INTO orders (tenant_id, comercio_id, pedido_id, cliente_nombre, direccion_entrega, medios_pago, total_centavos)
                    VALUES ($1, $2, 'P1', 'x', 'x', 'fiat', 72293) RETURNING tenant_id, orden_id)
         INSERT INTO order_lines (tenant_id, orden_id, linea, producto_id, nombre_producto, cantidad, precio_centavos, iva_pct,
                                  promocion_id, promocion, descuento_centavos, precio_catalogo_centavos)
         SELECT tenant_id, orden_id, 1, $3, 'Pizza', 1, 72293, 21, $4, 'Verano', 12757, 85050 FROM o`,
        [tenantId, seller.id, Number(pizza), promocion_id],
      );
    });
    const lines = () => app.deps.database.transaction({ tenantId }, (trx) => trx.rows(line, [tenantId, promocion_id]));
    const before = await lines();
    assert.equal(before.length, 1);
    await app.agent.delete(`/api/promotions/${promocion_id}`).set(admin.auth).expect(200);
    assert.deepEqual(await lines(), before);
  });

  it('improvement 5: is written by admins alone, and each tenant reaches only its own', async () => {
    const { promocion_id } = await create();
    await post({}, 403, operador);
    await patch(promocion_id, { nombre: 'x' }, 403, operador);
    await app.agent.delete(`/api/promotions/${promocion_id}`).set(operador.auth).expect(403);
    await patch(promocion_id, { nombre: 'x' }, 404, other);
    await app.agent.delete(`/api/promotions/${promocion_id}`).set(other.auth).expect(404);
    for (const id of ['x', '0', '12abc', '99999999999']) {
      await patch(id, { nombre: 'x' }, 400);
      await app.agent.delete(`/api/promotions/${id}`).set(admin.auth).expect(400);
    }
    assert.equal((await shown(promocion_id)).nombre, 'Verano');
  });

  it('ignores the x-tenant-id header', async () => {
    const seen = await app.agent
      .get('/api/promotions')
      .set(admin.auth)
      .set('x-tenant-id', String(other.tenantId))
      .expect(200);
    assert.deepEqual(seen.body, await list());
  });

  it('publishes nothing', async () => {
    const messages = () => app.deps.database.transaction('system', (trx) => trx.one('SELECT count(*) FROM outbox'));
    const before = await messages();
    const { promocion_id } = await create();
    await patch(promocion_id, { nombre: 'Otra' });
    await app.agent.delete(`/api/promotions/${promocion_id}`).set(admin.auth).expect(200);
    assert.deepEqual(await messages(), before);
  });

  it('no longer shows a product that was deleted', async () => {
    const gone = await product();
    const { promocion_id } = await create({ lista_productos: [pizza, gone] });
    await archive(gone);
    const { productos } = await shown(promocion_id);
    assert.deepEqual(
      productos.map((one: { producto_id: number }) => one.producto_id),
      [Number(pizza)],
    );
  });

  it('can still be renamed or ended when a product got cheaper than the amount', async () => {
    const falling = await product({ precio: 500 });
    const { promocion_id } = await create({
      tipo_promocion: 'monto',
      valor_descuento: 400,
      lista_productos: [falling],
    });
    await app.agent.patch(`/api/products/${falling}`).set(admin.auth).send({ precio: 300 }).expect(200);
    await patch(promocion_id, { fecha_fin: '2030-01-20' });
    await patch(promocion_id, { valor_descuento: 350 }, 400);
    await patch(promocion_id, { lista_productos: [falling] }, 400);
    await patch(promocion_id, { valor_descuento: 300 });
  });

  it('keeps one of two simultaneous edits whole', async () => {
    const { promocion_id } = await create();
    const edits = [
      { nombre: 'A', lista_productos: [pizza], fecha_inicio: '2032-01-01', fecha_fin: '2032-01-02' },
      { nombre: 'B', lista_productos: [bebida], fecha_inicio: '2033-01-01', fecha_fin: '2033-01-02' },
    ];
    for (let round = 0; round < 5; round += 1) {
      await Promise.all(edits.map((body) => patch(promocion_id, body)));
      const { nombre, productos, fecha_inicio } = await shown(promocion_id);
      const whole = edits.find((edit) => edit.nombre === nombre);
      assert.deepEqual(
        [productos.map((p: { producto_id: number }) => String(p.producto_id)), fecha_inicio.slice(0, 10)],
        [whole?.lista_productos, whole?.fecha_inicio],
      );
    }
  });

  describe('improvements (rest-contract 16)', () => {
    it('improvement 16: no discount of zero, below zero or above 100 %, and no change that ends before it begins', async () => {
      for (const valor_descuento of [0, -5, -0.01]) {
        await post({ valor_descuento }, 400);
        await post({ valor_descuento, tipo_promocion: 'monto' }, 400);
      }
      await post({ valor_descuento: 100.01 }, 400);
      const { promocion_id } = await create({ valor_descuento: 100 });
      // Each is sound on its own, and wrong beside what is stored.
      await patch(promocion_id, { fecha_fin: '2030-01-15' }, 400);
      await patch(promocion_id, { fecha_inicio: '2030-02-15T00:00:00.000Z' }, 400);
      await patch(promocion_id, { fecha_inicio: '2031-01-02', fecha_fin: '2031-01-01' }, 400);
      await patch(promocion_id, { valor_descuento: 150 }, 400);
      await patch(promocion_id, { tipo_promocion: 'monto', valor_descuento: 150 });
      await patch(promocion_id, { tipo_promocion: 'porcentaje' }, 400);
      await patch(promocion_id, { valor_descuento: 850.51 }, 400);
      assert.deepEqual((await shown(promocion_id)).valor_descuento, 150);
    });

    it('improvement 17: a promotion belongs to its tenant, also when all its products are gone, and is never emptied', async () => {
      const only = await product();
      const { promocion_id } = await create({ lista_productos: [only] });
      await patch(promocion_id, { lista_productos: [] }, 400);
      await archive(only);
      assert.deepEqual((await shown(promocion_id)).productos, []);
      await patch(promocion_id, { nombre: 'Sin productos' });
      await patch(promocion_id, { nombre: 'x' }, 404, other);
      await patch(promocion_id, { lista_productos: [pizza] });
      assert.equal((await shown(promocion_id)).productos.length, 1);
      await app.agent.delete(`/api/promotions/${promocion_id}`).set(admin.auth).expect(200);
    });

    it('improvement 18: the day that was entered comes back, on creation and on change, wherever the server stands', async () => {
      const zones = fc.constantFrom(
        ...Intl.supportedValuesOf('timeZone'),
        'UTC',
        'America/Argentina/Buenos_Aires',
        'Pacific/Kiritimati',
        'Etc/GMT+12',
      );
      const day = fc
        .date({ min: new Date('1900-01-01'), max: new Date('9998-12-31'), noInvalidDate: true })
        .map((date) => date.toISOString().slice(0, 10));
      const tail = fc.constantFrom('', '', 'T00:00:00.000Z', 'T23:59:59.999Z', 'T00:00:00-03:00', 'T23:30:00+14:00');
      const { promocion_id } = await create();
      const home = process.env.TZ;
      try {
        await fc.assert(
          fc.asyncProperty(zones, day, tail, async (zone, start, rest) => {
            process.env.TZ = zone;
            const days = { fecha_inicio: start + rest, fecha_fin: `9999-12-31${rest}` };
            const entered = { fecha_inicio: `${start}T00:00:00.000Z`, fecha_fin: '9999-12-31T00:00:00.000Z' };
            const { fecha_inicio, fecha_fin } = (await patch(promocion_id, days)).body.promocion;
            assert.deepEqual({ fecha_inicio, fecha_fin }, entered, zone);
            const fresh = await create(days);
            assert.deepEqual({ fecha_inicio: fresh.fecha_inicio, fecha_fin: fresh.fecha_fin }, entered, zone);
            // Shown, sent back as the edit page does, shown again: nothing moves.
            await patch(promocion_id, { fecha_inicio, fecha_fin, nombre: 'Otra' });
            assert.equal((await shown(promocion_id)).fecha_inicio, entered.fecha_inicio, zone);
          }),
          { numRuns: 25 },
        );
      } finally {
        if (home === undefined) delete process.env.TZ;
        else process.env.TZ = home;
      }
    });
  });
});
