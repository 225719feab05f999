import assert from 'node:assert/strict';
import fc from 'fast-check';
import { insertProducts } from '../../../src/modules/marketplace/catalog/repository.ts';
import { IVA_RATES, type ProductFields } from '../../../src/modules/marketplace/catalog/rules.ts';
import { addProduct, addSeller, addUser, openRestApp, registerTenant, type RestApp, type SignedIn } from './rest-support.ts';

interface Row {
  producto_id: string;
  nombre_producto: string;
  descripcion: string;
  precio: number;
  iva: number;
  categoria_id: number | null;
}

describe('REST: products as CSV', () => {
  let app: RestApp;
  let admin: SignedIn;
  let categoria: number;
  before(async () => {
    app = await openRestApp();
    admin = await registerTenant(app);
    categoria = (await app.agent.post('/api/categories').set(admin.auth).send({ nombre: 'Pizzas' })).body.categoria_id;
  });
  after(() => app.close());

  const upload = (content: string | Buffer, who = admin, name = 'productos.csv') =>
    app.agent.post('/api/products/csv/upload').set(who.auth).attach('file', Buffer.from(content), name);
  const products = async (who: SignedIn) => (await app.agent.get('/api/products').set(who.auth).expect(200)).body as Row[];
  const exported = async (who: SignedIn) => {
    const res = await app.agent.get('/api/products/csv/export').set(who.auth).buffer(true).expect(200);
    assert.equal(res.headers['content-type'], 'text/csv; charset=utf-8');
    assert.match(res.headers['content-disposition'] ?? '', /^attachment; filename="productos\.csv"$/);
    return res.text;
  };

  it('improvement 29: gives the template as JSON, and it can be uploaded as it is', async () => {
    const res = await app.agent.get('/api/products/csv/template').set(admin.auth).expect(200);
    assert.match(res.headers['content-type'] ?? '', /^application\/json/);
    const { success, message, template, categorias_disponibles, instrucciones } = res.body;
    assert.ok(success && message);
    assert.equal(template.split('\n')[0], 'nombre_producto,descripcion,precio,categoria_id');
    assert.deepEqual(categorias_disponibles, [{ categoria_id: categoria, nombre: 'Pizzas' }]);
    assert.deepEqual(instrucciones.campos_requeridos, ['nombre_producto', 'precio']);
    assert.deepEqual(instrucciones.campos_opcionales, ['descripcion', 'categoria_id', 'iva']);
    const { data } = (await upload(template).expect(201)).body;
    assert.equal(data.productos_creados[0].producto.categoria.nombre, 'Pizzas');
  });

  it('creates what every row says: 201, the lines of the file, who did it, and nothing announced', async () => {
    const text = '\ufeffnombre_producto,descripcion,precio,categoria_id,iva\r\n"Pizza, grande","de\r\nvarias líneas",850.5,' +
      `${categoria},"10,5"\r\n\r\n"Dice ""hola""",,.5,,\r\n`;
    const { body } = await upload(text).expect(201);
    assert.equal(body.success, true);
    const rows = body.data.productos_creados.map(({ fila, producto }: { fila: number; producto: Row }) => {
      const { nombre_producto, descripcion, precio, categoria_id, iva } = producto;
      return [fila, nombre_producto, descripcion, precio, categoria_id, iva];
    });
    assert.deepEqual(rows, [
      [2, 'Pizza, grande', 'de\r\nvarias líneas', 850.5, categoria, 10.5],
      [5, 'Dice "hola"', '', 0.5, null, 21],
    ]);
    const { productos_creados, ...rest } = body.data;
    assert.deepEqual(rest, { errores: [], total_procesados: 2, total_exitosos: 2, total_errores: 0 });
    const profile = (await app.agent.get('/api/auth/profile').set(admin.auth)).body.data;
    assert.deepEqual(body.usuario_procesamiento, { usuario_id: profile.usuario_id, nombre: profile.nombre, rol: 'admin' });
    assert.deepEqual((await products(admin)).slice(-2), productos_creados.map(({ producto }: { producto: Row }) => producto));
    assert.deepEqual(await app.published('producto.actualizado'), []);
  });

  it('tells each bad row by itself, and creates the others: 207', async () => {
    const text = ['nombre_producto,precio,categoria_id,descripcion', 'Buena,1,,', ',1,,', 'Cara,abc,,', 'Ajena,1,999999,',
      'Corta,1', 'Larga,1,,x,y', 'Vacías al final,1,,x,,', `${'x'.repeat(101)},-1,x,`, 'Otra,"1,5",,'].join('\n');
    const { body } = await upload(text).expect(207);
    assert.deepEqual(body.data.productos_creados.map(({ fila }: { fila: number }) => fila), [2, 8]);
    const errors = new Map<number, string>(body.data.errores.map(({ fila, error }: { fila: number; error: string }) => [fila, error]));
    assert.deepEqual([...errors.keys()], [3, 4, 5, 6, 7, 9, 10]);
    assert.equal(errors.get(3), 'nombre_producto: no puede estar vacío.');
    assert.match(errors.get(4) ?? '', /^precio: tiene que ser un número mayor que 0/);
    assert.equal(errors.get(5), 'La categoría 999999 no existe.');
    assert.equal(errors.get(6), 'La fila tiene 2 columnas y el encabezado 4.');
    assert.equal(errors.get(7), 'La fila tiene 5 columnas y el encabezado 4.');
    assert.match(errors.get(9) ?? '', /nombre_producto: .* precio: .* categoria_id: /);
    assert.deepEqual([body.data.total_procesados, body.data.total_exitosos, body.data.total_errores], [9, 2, 7]);
  });

  it('answers 400 with the whole story when no row became a product, and creates none', async () => {
    const before = (await products(admin)).length;
    for (const [text, errors] of [['nombre_producto,precio\nx,0\ny,', 2], ['nombre_producto,precio\n', 0]] as const) {
      const { body } = await upload(text).expect(400);
      assert.deepEqual([body.success, body.data.total_errores, body.data.productos_creados], [false, errors, []]);
      assert.ok(body.message && body.usuario_procesamiento.nombre);
    }
    assert.equal((await products(admin)).length, before);
  });

  it('says which columns it found and which it needs', async () => {
    const { body } = await upload('nombre,precio\nx,1').expect(400);
    assert.deepEqual([body.columnas_encontradas, body.columnas_requeridas], [['nombre', 'precio'], ['nombre_producto', 'precio']]);
    assert.deepEqual([body.success, body.message], [false, 'Faltan columnas: nombre_producto.']);
    assert.match((await upload('nombre_producto;precio\nx;1').expect(400)).body.message, /separadas por comas/);
    assert.match((await upload('precio,nombre_producto,Precio\n1,x,2').expect(400)).body.message, /«precio» está repetida/);
    await upload(' Precio , NOMBRE_PRODUCTO ,color,\n1,x,rojo,').expect(201);
  });

  it("improvement 28: takes a file that is none, too large, too long or in another encoding for the sender's fault", async () => {
    const text = 'nombre_producto,precio\nñandú,1\n';
    const post = () => app.agent.post('/api/products/csv/upload').set(admin.auth);
    for (const req of [post(), post().field('x', 'y'), upload(''), upload('\ufeff\n \n'), post().attach('archivo', Buffer.from(text), 'a.csv'),
      upload(text, admin, 'a.xlsx'), upload(Buffer.from(text, 'latin1')), upload(Buffer.from(text, 'utf16le')), upload('nombre_producto,precio\n"x,1\n'),
      upload(`nombre_producto,precio\n${'x,1\n'.repeat(5001)}`), upload('nombre_producto,precio\nx\u0000,1')]) {
      const { status, body } = await req;
      assert.deepEqual([status, body.success], [400, false]);
      assert.ok(body.message);
    }
    const misplaced = await post().attach('archivo', Buffer.from(text), 'a.csv').expect(400);
    assert.equal(misplaced.body.message, 'Se admite un solo archivo, en la parte «file».');
    await post().send({ file: text }).expect(415);
    await upload(Buffer.alloc(10 * 1024 * 1024 + 1, 'x')).expect(413);
    await post().attach('file', Buffer.from(text), { filename: 'sin-extension', contentType: 'text/csv' }).expect(201);
  });

  it('is for admins; template and export are for all', async () => {
    const operator = await addUser(app, admin, { rol: 'operador', comercios_ids: [await addSeller(app, admin)] });
    await upload('nombre_producto,precio\nx,1', operator).expect(403);
    await app.agent.get('/api/products/csv/template').set(operator.auth).expect(200);
    await exported(operator);
    for (const path of ['template', 'export']) await app.agent.get(`/api/products/csv/${path}`).expect(401);
  });

  it('keeps what looks like a formula as the text it is, and exports none', async () => {
    const owner = await registerTenant(app);
    const names = ['=1+1', '+54 11', '-Sin gluten-', '@hola', "'=x", "'comillas", 'x\n=1'];
    for (const nombre_producto of names) await addProduct(app, owner, { nombre_producto });
    const lines = (await exported(owner)).replace('\ufeff', '').split('\r\n').slice(1, -1);
    for (const line of lines) assert.doesNotMatch(line, /^"?[=+\-@\t\r]/);
    await upload(await exported(owner), owner).expect(201);
    assert.deepEqual((await products(owner)).slice(names.length).map(({ nombre_producto }) => nombre_producto), names);
    await upload('nombre_producto,precio\n=HYPERLINK("x"),1', owner).expect(201);
    assert.equal((await products(owner)).at(-1)?.nombre_producto, '=HYPERLINK("x")');
  });

  it("puts a tenant's own, and none that was deleted, in the file", async () => {
    const owner = await registerTenant(app);
    const [id, gone] = [await addProduct(app, owner, { nombre_producto: 'Queda', iva: 27 }), await addProduct(app, owner)];
    await app.agent.delete(`/api/products/${gone}`).set(owner.auth).expect(200);
    assert.equal(
      await exported(owner),
      `\ufeffnombre_producto,descripcion,precio,categoria_id,iva,producto_id,cantidad_stock\r\nQueda,,850.5,,27,${id},0\r\n`,
    );
  });

  it('gives back any catalogue that was exported, to the letter', async () => {
    const text = (max: number, minLength: number) =>
      fc.oneof(fc.string({ unit: 'grapheme', maxLength: max }), fc.stringMatching(/^[='"+@,\r\n;-]{0,9}[a-z]?$/))
        .map((value) => value.replaceAll('\u0000', '').trim())
        .filter((value) => value.length >= minLength && value.length <= max && value.isWellFormed());
    const product: fc.Arbitrary<ProductFields> = fc.record({
      nombre_producto: text(100, 1),
      descripcion: text(255, 0),
      precio_centavos: fc.integer({ min: 1, max: 9_999_999_999 }),
      categoria_id: fc.constant(null),
      iva: fc.constantFrom(...IVA_RATES),
    });
    const owner = await registerTenant(app);
    const { tenantId } = owner;
    const content = ({ nombre_producto, descripcion, precio, categoria_id, iva }: Row) => [nombre_producto, descripcion, precio, categoria_id, iva];
    await fc.assert(
      fc.asyncProperty(fc.array(product, { minLength: 1, maxLength: 60 }), async (catalogue) => {
        await app.deps.database.pool.query('DELETE FROM products WHERE tenant_id = $1', [tenantId]);
        await app.deps.database.transaction({ tenantId }, (trx) => insertProducts(trx, tenantId, catalogue, new Date()));
        await upload(await exported(owner), owner).expect(201);
        const all = (await products(owner)).map(content);
        assert.deepEqual(all.slice(catalogue.length), all.slice(0, catalogue.length));
        assert.deepEqual(all[0]?.slice(0, 2), [catalogue[0]?.nombre_producto, catalogue[0]?.descripcion]);
      }),
      { numRuns: 25 },
    );
  });

  it('creates five thousand in one go', async () => {
    const owner = await registerTenant(app);
    const rows = Array.from({ length: 5000 }, (_, n) => `Producto ${n},Descripción ${n},${n + 1}.25,,10.5`);
    const { body } = await upload(`nombre_producto,descripcion,precio,categoria_id,iva\n${rows.join('\n')}`, owner).expect(201);
    assert.equal(body.data.total_exitosos, 5000);
    for (const { fila, producto } of body.data.productos_creados as Array<{ fila: number; producto: Row }>) {
      assert.deepEqual([producto.nombre_producto, producto.precio], [`Producto ${fila - 2}`, fila - 1 + 0.25]);
    }
  });
});
