import assert from 'node:assert/strict';
import { CompactSign } from 'jose';
import { dayOf } from '../../src/kernel/es-ar.ts';
import { claimsOf, HUNG, openClient, type Client, type Json } from '../support/client.ts';
import { SECRET, startTestService, until, type TestService } from '../support/service.ts';
import {
  printedDay,
  readCategories,
  readOrders,
  readProduct,
  readProducts,
  readPromotions,
  readSeller,
  readSellers,
  readShelves,
} from './client-reads.ts';

/** Everything that the public client does, page by page, from another origin, as the two kinds of user it has. */

const ORIGIN = 'https://cliente.example';
/** Every name the client shows; each has what `atob` or base64url would break. */
const NASTY = 'Doña «Ñandú» ¿qué?>~’ 😀';
const ADMIN = { email: 'duena@ejemplo.com', password: 'secreto1' };
const OPERATOR = { email: 'beto@ejemplo.com', password: 'x y' };
const PNG = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);
const MIB = 1024 * 1024;

/** `date` of an input, some days from now. */
const inDays = (days: number) => dayOf(new Date(Date.now() + days * 86_400_000));

/** The product forms: four text parts, and pictures only when new ones were chosen. */
function productForm(fields: Record<string, string>, pictures: Array<{ bytes: Buffer; type?: string }> = []): FormData {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.append(name, value);
  for (const { bytes, type = 'image/png' } of pictures)
    form.append('imagenes', new Blob([new Uint8Array(bytes)], { type }), 'foto.png');
  return form;
}

function csvForm(text: string): FormData {
  const form = new FormData();
  // What Windows calls a CSV.
  form.append('file', new Blob([text], { type: 'application/vnd.ms-excel' }), 'productos.csv');
  return form;
}

/** The schedule as the form builds it: open days with both hours, closed ones with neither. */
const week = (open: Record<string, [string, string]>) =>
  ['domingo', 'lunes', 'martes', 'miércoles', 'jueves', 'viernes', 'sábado'].map((dia_semana) => ({
    dia_semana,
    hora_apertura: open[dia_semana]?.[0] ?? null,
    hora_cierre: open[dia_semana]?.[1] ?? null,
    estado: open[dia_semana] ? 'activo' : 'inactivo',
  }));

const sellerForm = (nombre: string) => ({
  nombre,
  calle: 'Av. Corrientes',
  numero: '1234',
  ciudad: 'Buenos Aires',
  provincia: 'CABA',
  codigo_postal: '1043',
  horarios: week({ lunes: ['09:00', '18:30'], miércoles: ['00:00', '23:30'], sábado: ['10:30', '14:00'] }),
});

describe('the public client, page by page', () => {
  let service: TestService;
  let admin: Client;
  let operator: Client;
  before(async () => {
    service = await startTestService({ settings: { CORS_ORIGINS: ORIGIN } });
    [admin, operator] = [open(), open()];
  });
  after(() => service.close());

  const open = () => openClient({ api: `${service.url}/api`, origin: ORIGIN });
  const sellersOf = async (client: Client) => readSellers(await client.expect(200, 'GET', '/sellers'));
  const productsOf = async (client: Client) =>
    readProducts(await client.expect(200, 'GET', '/products', { tenantHeader: true }));
  const promotionsOf = async (client: Client) =>
    readPromotions(await client.expect(200, 'GET', '/promotions', { tenantHeader: true }));
  const named = (list: Json[], nombre: string): Json => {
    const found = list.find((one) => (one.nombre ?? one.nombre_producto) === nombre);
    assert.ok(found, `${nombre} is not in the list`);
    return found;
  };
  const saveProduct = (
    fields: Record<string, string>,
    pictures?: Array<{ bytes: Buffer; type?: string }>,
    status = 201,
  ) => admin.expect(status, 'POST', '/products', { tenantHeader: true, form: productForm(fields, pictures) });
  const cannot = async (
    client: Client,
    calls: ReadonlyArray<readonly [method: string, path: string, json?: object]>,
  ) => {
    for (const [method, path, json] of calls) await client.expect(403, method, path, { json });
  };

  describe('before anybody signed in', () => {
    it('/login prints the status, whatever token an older visit left', async () => {
      for (const accessToken of [undefined, 'garbage', 'undefined', 'a.b.c']) {
        const visitor = open();
        visitor.storage = { accessToken };
        const { status, timestamp } = await visitor.expect(200, 'GET', '/status');
        assert.equal(typeof status, 'string');
        assert.ok(!Number.isNaN(Date.parse(timestamp)));
      }
    });

    it('/register-tenant refuses an untouched form, takes a full one, and says when the address is taken', async () => {
      admin.storage = { accessToken: 'garbage' };
      const form = {
        nombre: NASTY,
        razon_social: 'Doña S.A.',
        cuenta_bancaria: '1234567890123456789012',
        email: ADMIN.email,
        telefono: '1155550000',
        nombre_usuario: NASTY,
        password: ADMIN.password,
        calle: 'Calle que nadie conoce',
        numero: '1',
        ciudad: 'Ninguna',
        provincia: 'Ninguna',
        codigo_postal: '0000',
      };
      const untouched = Object.fromEntries(Object.keys(form).map((name) => [name, '']));
      await admin.expect(400, 'POST', '/auth/register-tenant', { json: untouched });
      const made = await admin.expect(201, 'POST', '/auth/register-tenant', { json: form });
      assert.ok(Number.isInteger(made.tenant_id) && Number.isInteger(made.user.usuario_id));
      assert.deepEqual([made.user.email, made.user.rol], [ADMIN.email, 'admin']);
      // It stores the tokens, shows /login, and signs in with the token along.
      admin.storage = { ...made.tokens };
      await admin.expect(409, 'POST', '/auth/register-tenant', { json: form });
    });

    it('/login with a wrong password refreshes in vain and ends on an empty login page', async () => {
      const visitor = open();
      assert.equal(await visitor.call('POST', '/auth/login', { json: { ...ADMIN, password: 'otra' } }), HUNG);
      assert.deepEqual([visitor.storage, visitor.location], [{}, '/login']);
      await visitor.expect(400, 'POST', '/auth/login', { json: { email: ADMIN.email, password: '' } });
    });
  });

  describe('the admin', () => {
    it('signs in: the token itself says who it is', async () => {
      await admin.signIn(ADMIN.email, ADMIN.password);
      assert.equal(admin.location, '/sellers');
      const payload = (admin.storage.accessToken as string).split('.')[1] as string;
      assert.doesNotMatch(payload, /[-_]/);
      const { nombre, rol, tenantId, usuarioId, comercios } = admin.storage.sessionInfo;
      assert.deepEqual([nombre, rol, comercios], [NASTY, 'admin', []]);
      assert.ok(Number.isInteger(tenantId) && Number.isInteger(usuarioId));
    });

    it('/sellers/create saves, and /sellers shows every one, beyond the tenth', async () => {
      assert.deepEqual(await sellersOf(admin), []);
      for (let n = 1; n <= 12; n += 1)
        await admin.expect(201, 'POST', '/sellers', { json: sellerForm(`Sucursal ${n}`) });
      await admin.expect(400, 'POST', '/sellers', { json: { ...sellerForm('x'), nombre: '' } });
      await admin.expect(400, 'POST', '/sellers', { json: { ...sellerForm('x'), numero: '' } });
      const sellers = await sellersOf(admin);
      assert.deepEqual(
        sellers.map(({ nombre }) => nombre),
        Array.from({ length: 12 }, (_, n) => `Sucursal ${n + 1}`),
      );
      assert.equal(sellers[0].direccion, 'Av. Corrientes 1234, Buenos Aires, CABA');
    });

    it('/sellers/edit/:id sends back unchanged the hours that it was given', async () => {
      const { comercio_id } = named(await sellersOf(admin), 'Sucursal 2');
      const path = `/sellers/${comercio_id}`;
      const { data: before } = await admin.expect(200, 'GET', path);
      const { calle, numero, ciudad, provincia, codigo_postal, horarios } = readSeller(before);
      for (const text of [calle, numero, ciudad, provincia, codigo_postal]) assert.equal(text.trim(), text);
      const form = { nombre: NASTY, calle, numero, ciudad, provincia, codigo_postal, horarios };
      await admin.expect(200, 'PATCH', path, { json: form });
      const { data: after } = await admin.expect(200, 'GET', path);
      assert.deepEqual(readSeller(after), { ...before, nombre: NASTY });
      // After a schedule control was touched: all seven days, as the form has them.
      await admin.expect(200, 'PATCH', path, {
        json: { ...form, nombre: 'Sucursal 2', horarios: week({ domingo: ['08:00', '08:30'] }) },
      });
      const { horarios: changed } = (await admin.expect(200, 'GET', path)).data;
      assert.deepEqual(
        changed.map((day: Json) => day.hora_apertura),
        ['08:00', null, null, null, null, null, null],
      );
      await admin.expect(404, 'GET', '/sellers/2147483647');
      await admin.expect(400, 'GET', '/sellers/undefined');
    });

    it('/usuarios creates an operator for some sellers, an admin for all, and knows a taken address', async () => {
      const [first, , third] = await sellersOf(admin);
      const path = '/auth/register-internal';
      const user = {
        ...OPERATOR,
        nombre: NASTY,
        rol: 'operador',
        comercios_ids: [first.comercio_id, third.comercio_id],
      };
      const made = await admin.expect(201, 'POST', path, { json: user });
      assert.ok(Number.isInteger(made.usuario_id));
      const taken = await admin.expect(409, 'POST', path, { json: user });
      assert.match(String(taken.message || taken.error), /email/);
      await admin.expect(201, 'POST', path, {
        json: { ...user, email: 'otra@ejemplo.com', rol: 'admin', comercios_ids: [] },
      });
      for (const wrong of [
        { email: 'no' },
        { email: '' },
        { nombre: '' },
        { password: '' },
        { comercios_ids: [] },
        { comercios_ids: [2147483647] },
      ]) {
        const { message, error } = await admin.expect(400, 'POST', path, {
          json: { ...user, email: 'nadie@ejemplo.com', ...wrong },
        });
        assert.doesNotMatch(`${message} ${error}`, /email/, 'the form would say that the address is taken');
      }
    });

    it('/categories/create saves what /products/create then offers', async () => {
      assert.deepEqual(readCategories(await admin.expect(200, 'GET', '/categories')), []);
      await admin.expect(201, 'POST', '/categories', { json: { nombre: 'Pizzas', descripcion: '' } });
      await admin.expect(201, 'POST', '/categories', { json: { nombre: 'Bebidas', descripcion: 'Frías' } });
      await admin.expect(400, 'POST', '/categories', { json: { nombre: '', descripcion: '' } });
      const names = readCategories(await admin.expect(200, 'GET', '/categories')).map(({ nombre }) => nombre);
      assert.deepEqual(names, ['Bebidas', 'Pizzas']);
    });

    it('/products/create saves a form with pictures, and says in words what is wrong with one', async () => {
      const { categoria_id } = named(await admin.expect(200, 'GET', '/categories'), 'Pizzas');
      const form = {
        nombre_producto: 'Muzzarella',
        precio: '120.5',
        descripcion: 'Con aceitunas',
        categoria_id: String(categoria_id),
      };
      await saveProduct(form, [{ bytes: PNG }, { bytes: PNG }]);
      await saveProduct({ ...form, nombre_producto: NASTY, precio: '850', descripcion: '' });
      await saveProduct({ ...form, nombre_producto: 'Sin categoría', categoria_id: '' });
      await saveProduct({ ...form, nombre_producto: 'Fugazza', precio: '99.9' });
      await saveProduct({ ...form, nombre_producto: 'Agua', precio: '10' });
      for (const wrong of [
        { precio: '-1' },
        { precio: '0' },
        { precio: '12abc' },
        { nombre_producto: '' },
        { categoria_id: '2147483647' },
      ]) {
        await saveProduct({ ...form, ...wrong }, [], 400);
      }
      await saveProduct(form, [{ bytes: Buffer.from('no soy una foto') }], 400);
      await saveProduct(
        form,
        Array.from({ length: 6 }, () => ({ bytes: PNG })),
        400,
      );
      await saveProduct(form, [{ bytes: Buffer.concat([PNG, Buffer.alloc(5 * MIB)]) }], 413);
    });

    it('/products shows them, with pictures that an <img> of the page can load without a token', async () => {
      const products = await productsOf(admin);
      assert.deepEqual(
        products.map(({ nombre_producto }) => nombre_producto),
        ['Muzzarella', NASTY, 'Sin categoría', 'Fugazza', 'Agua'],
      );
      const [pizza, plain, loose] = products;
      assert.deepEqual(
        [pizza.precio, pizza.descripcion, pizza.categoria.nombre, pizza.imagenes.length],
        [120.5, 'Con aceitunas', 'Pizzas', 2],
      );
      assert.deepEqual([plain.descripcion, plain.imagenes, loose.categoria], ['', [], null]);
      for (const address of pizza.imagenes) await loadPicture(address);
    });

    /** As an <img> of the page does: an address without a host would be one of the page's own origin. */
    async function loadPicture(address: string): Promise<void> {
      const { href } = new URL(address, ORIGIN);
      assert.ok(href.startsWith(service.url), `${href} is not at the service`);
      const response = await fetch(href);
      assert.equal(response.status, 200, href);
      assert.match(response.headers.get('content-type') ?? '', /^image\/png/);
      assert.equal(
        response.headers.get('cross-origin-resource-policy'),
        'cross-origin',
        'a page of another origin shows it broken',
      );
      assert.deepEqual(Buffer.from(await response.arrayBuffer()), PNG);
    }

    it('/products/edit/:productId keeps the pictures unless new ones were chosen', async () => {
      const { producto_id } = named(await productsOf(admin), 'Muzzarella');
      const path = `/products/${producto_id}`;
      const [before, categories] = await Promise.all([
        admin.expect(200, 'GET', path),
        admin.expect(200, 'GET', '/categories'),
      ]);
      const { nombre_producto, precio, descripcion, categoria, imagenes } = readProduct(before);
      const { nombre } = readCategories(categories).find(
        ({ categoria_id }) => String(categoria_id) === categoria.categoria_id,
      );
      assert.equal(nombre, 'Pizzas');
      const form = { nombre_producto, precio: String(precio), descripcion, categoria_id: categoria.categoria_id };
      const save = (fields: Record<string, string>, pictures: Array<{ bytes: Buffer }> = [], status = 200) =>
        admin.expect(status, 'PATCH', path, { tenantHeader: true, form: productForm(fields, pictures) });
      await save(form);
      assert.deepEqual(await admin.expect(200, 'GET', path), before);
      await save({ ...form, precio: '130.25' });
      assert.deepEqual(await admin.expect(200, 'GET', path), { ...before, precio: 130.25 });
      await save(form, [{ bytes: PNG }]);
      const { imagenes: replaced } = await admin.expect(200, 'GET', path);
      assert.equal(replaced.length, 1);
      assert.ok(!imagenes.includes(replaced[0]), 'a new picture under an old address shows the old one from the cache');
      await loadPicture(replaced[0]);
      await save({ ...form, precio: '' }, [], 400);
      await admin.expect(404, 'GET', '/products/2147483647');
    });

    it('/products downloads the template, and uploads it filled in', async () => {
      const { template, success } = await admin.expect(200, 'GET', '/products/csv/template');
      assert.equal(success, true);
      const [header] = template.split(/\r?\n/);
      assert.equal(header, 'nombre_producto,descripcion,precio,categoria_id');
      const before = await productsOf(admin);
      const upload = (text: string, status: number) =>
        admin.expect(status, 'POST', '/products/csv/upload', { form: csvForm(text) });
      const { data } = await upload(`\ufeff${header}\r\nFaina,"Con pimienta, mucha",99.9,\r\nSifón,,10,\r\n`, 201);
      assert.deepEqual(
        data.productos_creados.map((row: Json) => [row.fila, readProduct(row.producto).nombre_producto]),
        [
          [2, 'Faina'],
          [3, 'Sifón'],
        ],
      );
      const partly = await upload(`${header}\nSoda,,20,\nRota,,x,\n`, 207);
      assert.deepEqual(
        [partly.data.total_exitosos, partly.data.errores.length, partly.data.errores[0].fila],
        [1, 1, 3],
      );
      await upload(`${header}\nRota,,x,\n`, 400);
      await upload('', 400);
      await upload('a,b\n1,2\n', 400);
      const after = (await productsOf(admin)).map(({ nombre_producto }) => nombre_producto);
      assert.deepEqual(after, [...before.map(({ nombre_producto }) => nombre_producto), 'Faina', 'Sifón', 'Soda']);
      const { template: sample } = await admin.expect(200, 'GET', '/products/csv/template');
      assert.ok(sample.trim().split(/\r?\n/).length > 1, 'the template has sample rows');
    });

    it('/promociones/create reads the products at every keystroke, and saves the days that were entered', async () => {
      for (let keystroke = 0; keystroke < 15; keystroke += 1) await productsOf(admin);
      const products = await productsOf(admin);
      const [pizza, agua] = [named(products, 'Muzzarella'), named(products, 'Agua')];
      const form = {
        nombre: 'Semana',
        tipo_promocion: 'porcentaje',
        valor_descuento: 15,
        lista_productos: [pizza.producto_id, agua.producto_id],
        fecha_inicio: inDays(0),
        fecha_fin: inDays(7),
      };
      await admin.expect(201, 'POST', '/promotions', { json: form });
      await admin.expect(400, 'POST', '/promotions', { json: { ...form, fecha_fin: form.fecha_inicio } });
      await admin.expect(400, 'POST', '/promotions', {
        json: { ...form, tipo_promocion: 'monto', valor_descuento: 11 },
      });
      const shown = named(await promotionsOf(admin), 'Semana');
      assert.deepEqual([shown.fecha_inicio, shown.fecha_fin].map(printedDay), [inDays(0), inDays(7)]);
      assert.deepEqual(
        shown.productos.map((product: Json) => product.nombre_producto),
        ['Muzzarella', 'Agua'],
      );
      // The form hides what is on a promotion already.
      const hidden = (await productsOf(admin)).filter(({ promociones }) => promociones.length > 0);
      assert.deepEqual(
        hidden.map(({ nombre_producto }) => nombre_producto),
        ['Muzzarella', 'Agua'],
      );
      const [promotion] = named(await productsOf(admin), 'Agua').promociones;
      assert.deepEqual(
        { ...promotion, fecha_inicio: printedDay(promotion.fecha_inicio), fecha_fin: printedDay(promotion.fecha_fin) },
        {
          promocion_id: String(shown.promocion_id),
          nombre: 'Semana',
          tipo_promocion: 'porcentaje',
          valor_descuento: 15,
          fecha_inicio: inDays(0),
          fecha_fin: inDays(7),
          productos_incluidos: [pizza.producto_id, agua.producto_id],
        },
      );
    });

    it('/promociones/edit/:id finds it in the list, saves all six fields, and moves no day', async () => {
      const { promocion_id: id } = named(await promotionsOf(admin), 'Semana');
      const found = (await promotionsOf(admin)).find(({ promocion_id }) => promocion_id === id);
      const products = await productsOf(admin);
      const offered = products.filter(({ promociones }) =>
        promociones.every((one: Json) => Number(one.promocion_id) === id),
      );
      assert.equal(offered.length, products.length, 'those of this promotion are offered as well');
      const form = {
        nombre: NASTY,
        tipo_promocion: found.tipo_promocion,
        valor_descuento: Number(found.valor_descuento),
        lista_productos: found.productos.map((product: Json) => String(product.producto_id)),
        fecha_inicio: printedDay(found.fecha_inicio),
        fecha_fin: printedDay(found.fecha_fin),
      };
      await admin.expect(200, 'PATCH', `/promotions/${id}`, { json: form });
      assert.deepEqual(named(await promotionsOf(admin), NASTY), { ...found, nombre: NASTY });
      await admin.expect(404, 'PATCH', '/promotions/2147483647', { json: form });
    });

    it('/billetera prints both balances with two decimals', async () => {
      const { fiatBalance, cryptoBalance } = await admin.expect(200, 'GET', '/tenants/balance');
      for (const balance of [fiatBalance, cryptoBalance]) assert.match(balance.toFixed(2), /^\d+\.\d\d$/);
    });
  });

  describe('the operator', () => {
    it('signs in and knows its sellers by the token', async () => {
      await operator.signIn(OPERATOR.email, OPERATOR.password);
      assert.equal(operator.location, '/products');
      const { nombre, rol, comercios } = operator.storage.sessionInfo;
      assert.deepEqual([nombre, rol], [NASTY, 'operador']);
      assert.deepEqual(
        comercios.map((seller: Json) => seller.nombre),
        ['Sucursal 1', 'Sucursal 3'],
      );
      for (const { comercio_id } of comercios) assert.ok(Number.isInteger(comercio_id), 'compared with ===');
    });

    it('/products and /promociones show all of the tenant, /sellers its own', async () => {
      assert.deepEqual(await productsOf(operator), await productsOf(admin));
      assert.deepEqual(await promotionsOf(operator), await promotionsOf(admin));
      assert.deepEqual(
        (await sellersOf(operator)).map(({ nombre }) => nombre),
        ['Sucursal 1', 'Sucursal 3'],
      );
      await operator.expect(200, 'GET', '/categories');
    });

    it('/stock offers its sellers, shows every product and saves an amount', async () => {
      const { comercios } = operator.storage.sessionInfo;
      const offered = (await sellersOf(operator)).filter(({ comercio_id }) =>
        comercios.some((mine: Json) => mine.comercio_id === comercio_id),
      );
      assert.equal(offered.length, 2);
      const shelves = `/sellers/${offered[0].comercio_id}/products`;
      const before = readShelves(await operator.expect(200, 'GET', shelves));
      assert.deepEqual(
        before.map(({ cantidad_stock }) => cantidad_stock),
        before.map(() => 0),
      );
      assert.equal(before.length, (await productsOf(operator)).length);
      const { producto_id } = named(before, 'Fugazza');
      await operator.expect(200, 'PATCH', `${shelves}/${producto_id}/stock`, { json: { cantidad_stock: 7 } });
      for (const cantidad_stock of [-1, 7.9, '12abc', null]) {
        await operator.expect(400, 'PATCH', `${shelves}/${producto_id}/stock`, { json: { cantidad_stock } });
      }
      assert.equal(named(readShelves(await operator.expect(200, 'GET', shelves)), 'Fugazza').cantidad_stock, 7);
    });

    it('reaches the forms of admins by address, and the service decides', async () => {
      const assigned = operator.storage.sessionInfo.comercios.map((seller: Json) => seller.comercio_id);
      const { comercio_id } = (await sellersOf(admin)).find((seller) => !assigned.includes(seller.comercio_id));
      const [{ promocion_id }] = await promotionsOf(operator);
      await cannot(operator, [
        ['GET', `/sellers/${comercio_id}`],
        ['GET', `/sellers/${comercio_id}/products`],
        ['GET', `/orders/${comercio_id}`],
        ['PATCH', `/sellers/${comercio_id}`, { nombre: 'x' }],
        ['DELETE', `/sellers/${comercio_id}`],
        ['POST', '/sellers', sellerForm('x')],
        ['POST', '/categories', { nombre: 'x', descripcion: '' }],
        ['POST', '/promotions', { nombre: 'x' }],
        ['PATCH', `/promotions/${promocion_id}`, { nombre: 'x' }],
        ['DELETE', `/promotions/${promocion_id}`],
        ['POST', '/auth/register-internal', { nombre: 'x' }],
      ]);
      await operator.expect(403, 'POST', '/products/csv/upload', { form: csvForm('nombre_producto,precio\nx,1\n') });
    });
  });

  describe('an order', () => {
    const FIELDS = ['cliente_nombre', 'medios_pago', 'direccion_entrega', 'total', 'estado'];
    let comercio: number;
    const orders = async () => readOrders(await admin.expect(200, 'GET', `/orders/${comercio}`));

    it('comes in by the callback and shows on /dashboard, newest first', async () => {
      comercio = named(await sellersOf(admin), 'Sucursal 1').comercio_id;
      assert.deepEqual(await orders(), []);
      const { producto_id } = named(
        readShelves(await admin.expect(200, 'GET', `/sellers/${comercio}/products`)),
        'Fugazza',
      );
      for (const pedidoId of ['ORD-1', 2]) {
        const { status } = await service.deliver('pedido.creado', {
          pedidoId,
          comercio_id: comercio,
          cliente_nombre: NASTY,
          direccion_entrega: 'Florida 10, CABA',
          medios_pago: 'crypto',
          productos: [{ producto_id, cantidad: 2, precio_unitario: 99.9 }],
          total: 199.8,
        });
        assert.equal(status, 204);
      }
      const [second, first] = await orders();
      assert.deepEqual(
        FIELDS.map((field) => first[field]),
        [NASTY, 'crypto', 'Florida 10, CABA', 199.8, 'pendiente'],
      );
      assert.ok(second.fecha_creacion >= first.fecha_creacion);
      const shelf = named(readShelves(await operator.expect(200, 'GET', `/sellers/${comercio}/products`)), 'Fugazza');
      assert.equal(shelf.cantidad_stock, 3);
    });

    it('is cancelled by the callback, and its stock is there again', async () => {
      await service.deliver('pedido.cancelado', { pedidoId: 'ORD-1', estado: 'CANCELADO' });
      await until('the cancellation', async () => (await orders()).some(({ estado }) => estado === 'cancelada'));
      const shelf = named(readShelves(await operator.expect(200, 'GET', `/sellers/${comercio}/products`)), 'Fugazza');
      assert.equal(shelf.cantidad_stock, 5);
    });
  });

  describe('an expired token', () => {
    /** The same token, of yesterday. */
    async function expire(client: Client): Promise<void> {
      const claims = claimsOf(client.storage.accessToken as string);
      const text = JSON.stringify({
        ...claims,
        comercios: [],
        nombre: 'x',
        iat: claims.iat - 86_400,
        exp: claims.exp - 86_400,
      });
      const signer = new CompactSign(Buffer.from(text)).setProtectedHeader({ alg: 'HS256', typ: 'JWT' });
      client.storage.accessToken = await signer.sign(Buffer.from(SECRET));
    }

    for (const who of ['admin', 'operator'] as const) {
      it(`hangs one call of the ${who}, renews the session, and sends the others again`, async () => {
        const client = { admin, operator }[who];
        await expire(client);
        const [expired, refreshToken] = [client.storage.accessToken, client.storage.refreshToken];
        const paths = ['/sellers', '/products', '/promotions', '/categories'];
        client.refreshAfter = paths.length;
        const replies = await Promise.all(paths.map((path) => client.call('GET', path)));
        assert.equal(replies.filter((reply) => reply === HUNG).length, 1);
        for (const reply of replies) if (reply !== HUNG) assert.equal(reply.status, 200);
        assert.notEqual(client.storage.accessToken, expired);
        assert.notEqual(client.storage.accessToken, 'undefined');
        assert.notEqual(client.storage.refreshToken, 'undefined');
        assert.notEqual(client.storage.refreshToken, refreshToken);
        assert.equal(claimsOf(client.storage.accessToken as string).rol, client.storage.sessionInfo.rol);
        client.refreshAfter = 1;
        await client.expect(200, 'GET', '/products');
      });
    }

    it('of several tabs that share one storage is renewed by each of them', async () => {
      await expire(admin);
      const tabs = [open(), open(), open()];
      for (const tab of tabs) tab.storage = { ...admin.storage };
      await Promise.all(tabs.map((tab) => tab.call('GET', '/sellers')));
      for (const tab of tabs) await tab.expect(200, 'GET', '/sellers');
      admin.storage = { ...(tabs[0] as Client).storage };
    });

    it('whose refresh token is no good either signs the client out', async () => {
      const visitor = open();
      visitor.storage = { ...admin.storage, accessToken: 'garbage', refreshToken: 'garbage' };
      assert.equal(await visitor.call('GET', '/sellers'), HUNG);
      assert.deepEqual([visitor.storage, visitor.location], [{}, '/login']);
    });
  });

  describe('what the admin deletes is gone from the lists, and what was sold stays', () => {
    it('/promociones', async () => {
      const { promocion_id } = named(await promotionsOf(admin), NASTY);
      const gone = await admin.expect(200, 'DELETE', `/promotions/${promocion_id}`);
      assert.equal(gone.deleted_promotion_id, String(promocion_id));
      assert.deepEqual(await promotionsOf(admin), []);
      for (const { promociones } of await productsOf(admin)) assert.deepEqual(promociones, []);
      await admin.expect(404, 'DELETE', `/promotions/${promocion_id}`);
    });

    it('/products', async () => {
      const sold = named(await productsOf(admin), 'Fugazza');
      const { comercio_id } = named(await sellersOf(admin), 'Sucursal 1');
      const before = readOrders(await admin.expect(200, 'GET', `/orders/${comercio_id}`));
      const json = {
        nombre: 'Con la que se va',
        tipo_promocion: 'monto',
        valor_descuento: 1,
        fecha_inicio: inDays(0),
        fecha_fin: inDays(1),
        lista_productos: [sold.producto_id, named(await productsOf(admin), 'Agua').producto_id],
      };
      await admin.expect(201, 'POST', '/promotions', { json });
      const products = await productsOf(admin);
      const { deleted_product } = await admin.expect(200, 'DELETE', `/products/${sold.producto_id}`);
      const { tenantId } = admin.storage.sessionInfo;
      assert.deepEqual(deleted_product, {
        tenant_id: tenantId,
        producto_id: sold.producto_id,
        nombre_producto: 'Fugazza',
      });
      const ids = (list: Json[]) => list.map(({ producto_id }) => producto_id);
      assert.deepEqual(
        ids(await productsOf(admin)),
        ids(products).filter((id) => id !== sold.producto_id),
      );
      const [onPromotion] = named(await productsOf(admin), 'Agua').promociones;
      assert.ok(!onPromotion.productos_incluidos.includes(sold.producto_id));
      const [promotion] = await promotionsOf(admin);
      assert.deepEqual(
        promotion.productos.map((product: Json) => product.nombre_producto),
        ['Agua'],
      );
      const shelves = readShelves(await operator.expect(200, 'GET', `/sellers/${comercio_id}/products`));
      assert.ok(shelves.every(({ nombre_producto }) => nombre_producto !== 'Fugazza'));
      assert.deepEqual(readOrders(await admin.expect(200, 'GET', `/orders/${comercio_id}`)), before);
      await admin.expect(404, 'DELETE', `/products/${sold.producto_id}`);
    });

    it('/sellers', async () => {
      const { comercio_id } = named(await sellersOf(admin), 'Sucursal 3');
      const { data } = await admin.expect(200, 'DELETE', `/sellers/${comercio_id}`);
      assert.deepEqual([data.comercio_id, 'horarios' in data], [comercio_id, false]);
      assert.equal((await sellersOf(admin)).length, 11);
      assert.deepEqual(
        (await sellersOf(operator)).map(({ nombre }) => nombre),
        ['Sucursal 1'],
      );
      await admin.expect(404, 'GET', `/sellers/${comercio_id}`);
      await admin.expect(404, 'DELETE', `/sellers/${comercio_id}`);
    });
  });
});
