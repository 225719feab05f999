import assert from 'node:assert/strict';
import { createHash, randomBytes, randomUUID } from 'node:crypto';
import type { Browser } from 'playwright-core';
import supertest from 'supertest';
import { openBrowser } from '../../support/browser.ts';
import { startTestService, type TestService } from '../../support/service.ts';
import { addProduct, openRestApp, registerTenant, registration, type RestApp, type SignedIn } from './rest-support.ts';

const PNG = Buffer.from('89504e470d0a1a0a0000', 'hex');
/** One dot, whole: a browser has to be able to show it. */
const DOT = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);
const JPEG = Buffer.from('ffd8ffe000104a464946', 'hex');
const GIF = Buffer.from('474946383961', 'hex');
const WEBP = Buffer.from(`5249464600000000${Buffer.from('WEBP').toString('hex')}`, 'hex');
/** Of every call: the test's own server has a new port each time. */
const HOST = 'api.example';
const of = (bytes: Buffer) => Buffer.concat([PNG, bytes]);

describe('REST: pictures', () => {
  let app: RestApp;
  let admin: SignedIn;
  before(async () => {
    app = await openRestApp();
    admin = await registerTenant(app);
  });
  after(() => app.close());

  const send = (method: 'post' | 'patch' | 'put', path: string, pictures: readonly Buffer[], fields: Record<string, string> = {}) => {
    let form = app.agent[method](path).set(admin.auth).set('Host', HOST);
    for (const [name, value] of Object.entries(fields)) form = form.field(name, value);
    for (const [n, bytes] of pictures.entries()) form = form.attach('imagenes', bytes, `${n}.png`);
    return form;
  };
  const create = (pictures: readonly Buffer[], fields: Record<string, string> = {}) =>
    send('post', '/api/products', pictures, { nombre_producto: 'Pizza', precio: '120.5', ...fields });
  const created = async (pictures: readonly Buffer[]): Promise<{ id: string; imagenes: string[] }> => {
    const { producto } = (await create(pictures).expect(201)).body;
    return { id: producto.producto_id, imagenes: producto.imagenes };
  };
  const imagenesOf = async (id: string): Promise<string[]> =>
    (await app.agent.get(`/api/products/${id}`).set(admin.auth).set('Host', HOST).expect(200)).body.imagenes;
  const load = (address: string) => app.agent.get(new URL(address, 'http://here').pathname);
  const contents = async (id: string) => Promise.all((await imagenesOf(id)).map(async (one) => (await load(one).expect(200)).body as Buffer));
  const stored = async () =>
    (await app.deps.database.transaction('system', (trx) => trx.one<{ count: number }>('SELECT count(*) AS count FROM product_pictures'))).count;
  const changesOf = async (id: string) =>
    (await app.published('producto.actualizado'))
      .filter(({ ordering_key }) => ordering_key === `producto:${id}`)
      .map(({ payload }) => payload['campos_cambiados']);

  it('gives addresses that need no token, each the picture as it was sent, with the type of its content', async () => {
    const { id, imagenes } = await created([PNG, JPEG, GIF, WEBP]);
    const types = await Promise.all(imagenes.map(async (one) => (await load(one).expect(200)).headers['content-type']));
    assert.deepEqual(types, ['image/png', 'image/jpeg', 'image/gif', 'image/webp']);
    assert.deepEqual(await contents(id), [PNG, JPEG, GIF, WEBP]);
    const list = (await app.agent.get('/api/products').set(admin.auth).set('Host', HOST)).body as Array<{ producto_id: string; imagenes: string[] }>;
    assert.deepEqual(list.find(({ producto_id }) => producto_id === id)?.imagenes, imagenes);
  });

  it('serves them so that a browser keeps them, shows them anywhere and does nothing else with them', async () => {
    const bytes = of(randomBytes(1000));
    const { imagenes } = await created([bytes]);
    const { headers } = await load(imagenes[0] as string).expect(200);
    const etag = `"${createHash('sha256').update(bytes).digest('hex')}"`;
    const wanted = {
      'cache-control': 'public, max-age=31536000, immutable',
      etag,
      'cross-origin-resource-policy': 'cross-origin',
      'x-content-type-options': 'nosniff',
      'content-disposition': 'inline',
      'content-security-policy': "default-src 'none'; sandbox",
      'content-length': String(bytes.length),
    };
    for (const [name, value] of Object.entries(wanted)) assert.equal(headers[name], value, name);
    const again = await load(imagenes[0] as string).set('If-None-Match', `"other", W/${etag}`).expect(304);
    assert.deepEqual([again.text, again.headers['etag'], again.headers['content-type']], ['', etag, undefined]);
    await load(imagenes[0] as string).set('If-None-Match', '"other"').expect(200);
    const head = await app.agent.head(new URL(imagenes[0] as string).pathname).expect(200);
    assert.equal(head.headers['content-length'], String(bytes.length));
  });

  it('reads what many ask for at a time once', async () => {
    const { imagenes } = await created([of(randomBytes(1000))]);
    const reads = await readsOf(app, 'SELECT bytes FROM shown_pictures', () =>
      Promise.all(Array.from({ length: 20 }, () => load(imagenes[0] as string).expect(200))),
    );
    assert.equal(reads, 1);
  });

  it('knows no other picture, and none of a deleted product', async () => {
    await app.agent.get(`/api/pictures/${randomUUID()}`).expect(404);
    for (const bad of ['1', '..%2f', "'", '%00']) assert.equal((await app.agent.get(`/api/pictures/${bad}`)).status, 400, bad);
    const { id, imagenes } = await created([PNG]);
    await app.agent.delete(`/api/products/${id}`).set(admin.auth).expect(200);
    const { headers } = await load(imagenes[0] as string).expect(404);
    assert.equal(headers['cache-control'], 'no-store');
  });

  it('replaces all of them when any new one comes, keeps them all when none does', async () => {
    const { id, imagenes } = await created([PNG, JPEG]);
    const path = `/api/products/${id}`;
    await send('patch', path, [], { nombre_producto: 'Otra' }).expect(200);
    await app.agent.patch(path).set(admin.auth).send({ precio: 1 }).expect(200);
    assert.deepEqual(await imagenesOf(id), imagenes);
    await send('put', path, [GIF]).expect(200);
    assert.deepEqual(await contents(id), [GIF]);
    await load(imagenes[0] as string).expect(404);
    assert.deepEqual(await changesOf(id), [['nombre_producto'], ['precio'], ['imagenes']]);
  });

  it('announces imagenes only when their bytes or their order differ', async () => {
    const { id, imagenes } = await created([PNG, JPEG]);
    const path = `/api/products/${id}`;
    await send('patch', path, [PNG, JPEG], { nombre_producto: 'Pizza' }).expect(200);
    assert.deepEqual([await imagenesOf(id), await changesOf(id)], [imagenes, []]);
    await send('patch', path, [JPEG, PNG], { precio: '7' }).expect(200);
    assert.deepEqual(await changesOf(id), [['precio', 'imagenes']]);
    const [message] = (await app.published('producto.actualizado')).slice(-1);
    assert.equal('imagenes' in (message?.payload['producto'] as object), false);
  });

  it('improvement 28: refuses files that are no pictures, too many, too large or under another name', async () => {
    const before = await stored();
    const html = '<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>';
    for (const [name, text] of [['a.png', html], ['a.svg', html], ['a.jpg', '<html>'], ['a.gif', '']] as const) {
      const form = create([]).attach('imagenes', Buffer.from(text), { filename: name, contentType: 'image/png' });
      assert.match((await form.expect(400)).body.message, /PNG/);
    }
    await create([]).attach('foto', PNG, 'a.png').expect(400);
    await create(Array.from({ length: 6 }, () => PNG)).expect(400);
    await create([of(Buffer.alloc(5 * 1024 * 1024))]).expect(413);
    for (const [type, body] of [['multipart/form-data; boundary=x', '--x\r\nbroken'], ['multipart/form-data', 'x']] as const) {
      await app.agent.post('/api/products').set(admin.auth).set('Content-Type', type).send(body).expect(400);
    }
    assert.equal(await stored(), before);
    const largest = of(Buffer.alloc(5 * 1024 * 1024 - PNG.length));
    const { id } = await created(Array.from({ length: 5 }, () => largest));
    assert.equal((await contents(id))[4]?.length, 5 * 1024 * 1024);
  });

  it('improvement 21: a save that fails leaves nothing behind, whatever failed', async () => {
    const { database } = app.deps;
    const [before, { id, imagenes }] = [await stored(), await created([PNG])];
    const products = async () => (await app.agent.get('/api/products').set(admin.auth).expect(200)).body.length as number;
    const count = await products();
    await create([JPEG], { categoria_id: '999999' }).expect(400);
    await create([JPEG], { precio: '-1' }).expect(400);

    await database.pool.query('ALTER TABLE product_pictures ADD CONSTRAINT broken CHECK (posicion < 1) NOT VALID');
    await create([JPEG, GIF]).expect(500);
    await send('patch', `/api/products/${id}`, [JPEG, GIF], { precio: '7' }).expect(500);
    await database.pool.query('ALTER TABLE product_pictures DROP CONSTRAINT broken');

    await database.pool.query('ALTER TABLE outbox RENAME TO hidden'); // the change cannot be announced
    await send('patch', `/api/products/${id}`, [JPEG], { precio: '7' }).expect(500);
    await database.pool.query('ALTER TABLE hidden RENAME TO outbox');

    assert.deepEqual([await stored(), await products()], [before + 1, count]);
    assert.deepEqual([await imagenesOf(id), await contents(id)], [imagenes, [PNG]]);
  });

  it('keeps one picture set when two forms come at once', async () => {
    const id = await addProduct(app, admin);
    const sets = [1, 2, 3, 4].map((n) => [of(Buffer.from([n])), of(Buffer.from([n, n]))]);
    await Promise.all(sets.map((pictures) => send('patch', `/api/products/${id}`, pictures).expect(200)));
    const kept = await contents(id);
    assert.ok(sets.some((pictures) => pictures.every((bytes, n) => kept[n]?.equals(bytes)) && kept.length === 2));
  });
});

/** How often a statement was sent while something was done. */
async function readsOf({ deps: { database } }: RestApp, statement: string, work: () => Promise<unknown>): Promise<number> {
  const { transaction } = database;
  let reads = 0;
  database.transaction = (actor, run) =>
    transaction(actor, (trx) =>
      run({ ...trx, maybe: (text, values) => ((reads += text.startsWith(statement) ? 1 : 0), trx.maybe(text, values)) }),
    );
  try {
    await work();
  } finally {
    database.transaction = transaction;
  }
  return reads;
}

describe('pictures, from the whole service', () => {
  let service: TestService;
  let auth: { Authorization: string };
  let path: string;
  before(async () => {
    service = await startTestService({ settings: { TRUST_PROXY: 'true' } });
    const { body } = await supertest(service.url).post('/api/auth/register-tenant').send(registration()).expect(201);
    auth = { Authorization: `Bearer ${body.accessToken as string}` };
    const form = supertest(service.url).post('/api/products').set(auth).field({ nombre_producto: 'Pizza', precio: '1' });
    path = `/api/products/${(await form.attach('imagenes', DOT, 'a.png').expect(201)).body.producto.producto_id}`;
  });
  after(() => service.close());

  const address = async (headers: Record<string, string> = {}) =>
    (await supertest(service.url).get(path).set(auth).set(headers).expect(200)).body.imagenes[0] as string;

  it('are given whole addresses, for pages of another origin, and paths on pages of our own', async () => {
    const plain = await address();
    assert.equal((await fetch(plain)).status, 200, 'the address itself can be fetched');
    const { origin, pathname } = new URL(plain);
    assert.equal(origin, service.url);
    assert.equal(await address({ 'X-Forwarded-Proto': 'https', 'X-Forwarded-Host': 'api.example' }), `https://api.example${pathname}`);
    assert.equal(await address({ 'Sec-Fetch-Site': 'cross-site', Host: 'api.example:8080' }), `http://api.example:8080${pathname}`);
    assert.equal(await address({ 'Sec-Fetch-Site': 'same-origin' }), pathname);
    for (const strange of ['a.example/x?', 'a"b', 'user@a.example']) assert.equal(await address({ 'X-Forwarded-Host': strange }), pathname);
    assert.equal(await address({ 'X-Forwarded-Proto': 'javascript' }), pathname);
  });

  it('have their own headers, not the stricter ones of everything else', async () => {
    const { headers } = await fetch(await address());
    assert.equal(headers.get('cross-origin-resource-policy'), 'cross-origin');
    assert.equal(headers.get('content-security-policy'), "default-src 'none'; sandbox");
    assert.match(headers.get('cache-control') ?? '', /immutable/);
  });

  it('are served by any instance', async () => {
    const second = await startTestService({ beside: service });
    const { pathname } = new URL(await address());
    const answer = await fetch(`${second.url}${pathname}`);
    assert.deepEqual(Buffer.from(await answer.arrayBuffer()), DOT);
    await second.close();
  });

  describe('in a browser', () => {
    let browser: Browser;
    before(async function () {
      browser = await openBrowser(this);
    });
    after(() => browser?.close());

    it('are shown by an <img> on a page of another origin, and by themselves', async () => {
      const page = await browser.newPage();
      const shown = await address();
      const width = () => page.evaluate('document.querySelector("img").naturalWidth');
      await page.setContent(`<img src="${service.url}/docs/favicon-16x16.png">`, { waitUntil: 'load' });
      assert.equal(await width(), 0, 'what is not made to be shown elsewhere is not shown here');
      await page.setContent(`<img src="${shown}">`, { waitUntil: 'load' });
      assert.equal(await width(), 1);
      await page.goto(shown);
      assert.equal(await width(), 1);
    });
  });
});
