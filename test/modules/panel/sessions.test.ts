import assert from 'node:assert/strict';
import supertest from 'supertest';
import { openPanelBench, PASSWORD, type PanelBench, type PanelShop } from './support.ts';

/** What the panel answers, header by header; what it looks like is for the browser's tests. */
describe('sessions of the panel', () => {
  let bench: PanelBench;
  let shop: PanelShop;
  let ordenId: number;

  before(async () => {
    bench = await openPanelBench();
    shop = await bench.open({ productos: 2 });
    ordenId = await bench.order(shop, 'S-1', { cliente_nombre: `<img src=x onerror=alert(1)> & "O'Hara" 🍕` });
  });
  after(() => bench?.close());

  const http = () => supertest(bench.service.url);
  const ours = { 'Sec-Fetch-Site': 'same-origin' };
  const logIn = (form: object, headers: Record<string, string> = ours) =>
    http().post('/panel/login').type('form').set(headers).send(form);
  const cookieOf = (res: supertest.Response) => String(res.get('Set-Cookie')?.[0]);
  const sessionOf = async (email = shop.admin.email) => {
    const res = await logIn({ email, password: PASSWORD }).expect(303);
    return cookieOf(res).split(';')[0] as string;
  };

  it('keeps the session in a cookie that no script reads and no other site sends', async () => {
    const res = await logIn({ email: shop.admin.email, password: PASSWORD }).expect(303).expect('Location', '/panel');
    const [value = '', ...attributes] = cookieOf(res).split('; ');
    assert.match(value, /^panel_sesion=[\w-]{20,}$/);
    assert.deepEqual(attributes.filter((attribute) => !attribute.startsWith('Expires')).sort(), [
      'HttpOnly',
      'Max-Age=604800',
      'Path=/panel',
      'SameSite=Lax',
    ]);
    await http().get('/panel/').set('Cookie', value).expect(303).expect('Location', '/panel/pedidos');
  });

  it('tells neither what was wrong nor who has an account', async () => {
    for (const form of [
      { email: shop.admin.email, password: 'otra' },
      { email: 'nadie@ejemplo.com', password: PASSWORD },
    ]) {
      const res = await logIn(form).expect(401).expect('Content-Type', /html/);
      assert.match(res.text, /El correo o la contraseña no son correctos\./);
      assert.equal(res.get('Set-Cookie'), undefined);
      assert.doesNotMatch(res.text, new RegExp(form.password));
    }
    await logIn({}).expect(400);
    await logIn({ email: ['a', 'b'], password: 'x\u0000' }).expect(400);
  });

  it('goes back to where one was going, and nowhere else', async () => {
    const asked = await http().get('/panel/stock?comercio=1').expect(303);
    assert.equal(asked.headers.location, '/panel/login?volver=%2Fpanel%2Fstock%3Fcomercio%3D1');
    const to = async (volver: unknown) =>
      (await logIn({ email: shop.admin.email, password: PASSWORD, volver }).expect(303)).headers.location;
    assert.equal(await to('/panel/stock?comercio=1'), '/panel/stock?comercio=1');
    for (const bad of [
      'https://malo.com',
      '//malo.com',
      '/\\malo.com',
      '/panel/../api',
      '/panel/%2e%2e/api',
      '/panelito',
      'javascript:alert(1)',
      '',
    ]) {
      assert.equal(await to(bad), '/panel', bad);
    }
  });

  it('gives nothing without a session', async () => {
    const before = await bench.estado(ordenId);
    for (const path of ['/panel', '/panel/pedidos', `/panel/pedidos/${ordenId}`, '/panel/stock', '/panel/ventas']) {
      for (const cookie of [
        '',
        'panel_sesion=',
        'panel_sesion=inventada-inventada-inventada',
        `panel_sesion=${'x'.repeat(5000)}`,
      ]) {
        const res = await http().get(path).set('Cookie', cookie).expect(303);
        assert.match(String(res.headers.location), /^\/panel\/login/);
        assert.doesNotMatch(res.text, /O'Hara|O&#39;Hara|Producto 1/);
      }
    }
    await http()
      .post(`/panel/pedidos/${ordenId}/estado`)
      .type('form')
      .set(ours)
      .send({ estado: 'cancelada' })
      .expect(303);
    await http()
      .post(`/panel/stock/${shop.productos[0]}`)
      .type('form')
      .set(ours)
      .send({ cantidad: '1', comercio: shop.comercioId })
      .expect(303);
    assert.equal(await bench.estado(ordenId), before);
    // A script cannot follow to another page: it is told to send the browser there, and back to the page it is on.
    const told = await http()
      .get('/panel/pedidos?version=x')
      .set({
        'HX-Request': 'true',
        'HX-Request-Type': 'partial',
        'HX-Current-URL': `${bench.service.url}/panel/pedidos?comercio=1`,
      })
      .expect(401);
    assert.equal(told.headers['hx-redirect'], '/panel/login?volver=%2Fpanel%2Fpedidos%3Fcomercio%3D1');
    assert.equal(told.text, '');
  });

  it('ends at log-out on every instance, and a REST token is no session', async () => {
    const session = await sessionOf();
    await http().get('/panel/pedidos').set('Cookie', session).expect(200);
    const out = await http()
      .post('/panel/logout')
      .set({ Cookie: session, ...ours })
      .expect(303)
      .expect('Location', '/panel/login');
    assert.match(cookieOf(out), /^panel_sesion=; .*Expires=Thu, 01 Jan 1970/);
    await http().get('/panel/pedidos').set('Cookie', session).expect(303);
    const { body } = await http()
      .post('/api/auth/login')
      .send({ email: shop.admin.email, password: PASSWORD })
      .expect(200);
    await http().get('/panel/pedidos').set('Cookie', `panel_sesion=${body.tokens.accessToken}`).expect(303);
    await http().get('/panel/pedidos').set('Authorization', `Bearer ${body.tokens.accessToken}`).expect(303);
  });

  it('reads the role and the sellers anew each time, and shuts out who was suspended', async () => {
    const other = await bench.addSeller(shop, 'Sucursal Sur');
    const operator = await bench.addOperator(shop, [shop.comercioId]);
    const session = await sessionOf(operator.email);
    const see = (comercio: number) => http().get(`/panel/pedidos?comercio=${comercio}`).set('Cookie', session);
    await see(shop.comercioId).expect(200);
    await see(other.comercioId).expect(403);
    const run = (sql: string, values: unknown[]) =>
      bench.service.database.transaction('system', (trx) => trx.run(sql, values));
    await run('UPDATE user_sellers SET comercio_id = $2 WHERE usuario_id = $1', [operator.usuarioId, other.comercioId]);
    await see(shop.comercioId).expect(403);
    await see(other.comercioId).expect(200);
    await run(`UPDATE tenants SET estado = 'inactivo' WHERE tenant_id = $1`, [shop.tenantId]);
    try {
      assert.match((await see(other.comercioId).expect(403)).text, /suspendida/);
    } finally {
      await run(`UPDATE tenants SET estado = 'activo' WHERE tenant_id = $1`, [shop.tenantId]);
    }
    await run('UPDATE users SET eliminado_en = now() WHERE usuario_id = $1', [operator.usuarioId]);
    await see(other.comercioId).expect(303);
  });

  it('changes nothing for a page that is not ours', async () => {
    const Cookie = await sessionOf();
    const host = new URL(bench.service.url).host;
    const elsewhere: Array<Record<string, string>> = [
      {},
      { 'Sec-Fetch-Site': 'cross-site' },
      { 'Sec-Fetch-Site': 'same-site' },
      { 'Sec-Fetch-Site': 'none' },
      { Origin: 'https://malo.com' },
      { Origin: 'null' },
      { Origin: `https://malo.com`, 'Sec-Fetch-Site': 'cross-site', 'HX-Request': 'true' },
    ];
    for (const headers of elsewhere) {
      const forged = (path: string, form: object) =>
        http()
          .post(path)
          .type('form')
          .set({ Cookie, ...headers })
          .send(form)
          .expect(403);
      await forged(`/panel/pedidos/${ordenId}/estado`, { estado: 'cancelada', comercio: shop.comercioId });
      await forged(`/panel/stock/${shop.productos[0]}`, { cantidad: '7', comercio: shop.comercioId });
      await forged('/panel/logout', {});
      await logIn({ email: shop.admin.email, password: PASSWORD }, headers).expect(403);
    }
    assert.deepEqual([await bench.estado(ordenId), await bench.stock(shop)], ['pendiente', 99]);
    await http().get('/panel/pedidos').set('Cookie', Cookie).expect(200);
    // Without Sec-Fetch-Site (plain http within a shop's network) the Origin decides.
    await logIn({ email: shop.admin.email, password: PASSWORD }, { Origin: `http://${host}` }).expect(303);
    // Nor does a GET change anything.
    await http().get(`/panel/pedidos/${ordenId}/estado?estado=cancelada`).set('Cookie', Cookie).expect(404);
    await http().get('/panel/logout').set('Cookie', Cookie).expect(404);
  });

  it('forbids everything that is not ours, keeps no page and keeps the assets for good', async () => {
    const Cookie = await sessionOf();
    const page = await http()
      .get('/panel/pedidos')
      .set('Cookie', Cookie)
      .expect(200)
      .expect('Content-Type', 'text/html; charset=utf-8');
    assert.equal(
      page.headers['content-security-policy'],
      "default-src 'none';script-src 'self';style-src 'self';img-src 'self';connect-src 'self';form-action 'self';base-uri 'none';frame-ancestors 'none'",
    );
    assert.equal(page.headers['cache-control'], 'no-store');
    assert.equal(page.headers['x-content-type-options'], 'nosniff');
    const bones = page.text.replace(/"[^"]*"/g, '""'); // names may hold anything
    assert.doesNotMatch(bones, /<script(?![^>]* src=)|<[^>]*\s(on\w+|style)=|<style/i);
    const assets = [...page.text.matchAll(/(?:src|href)="(\/panel\/assets\/[^"]+)"/g)].map(
      ([, address]) => address as string,
    );
    assert.ok(assets.length >= 7, `${assets.length} assets`);
    for (const address of new Set(assets)) {
      const asset = await http().get(address).expect(200);
      assert.equal(asset.headers['cache-control'], 'public, max-age=31536000, immutable', address);
      assert.match(String(asset.headers['content-type']), /javascript|css|svg/);
    }
    const older = (assets[0] as string).replace(/assets\/\w+/, 'assets/000000000000');
    assert.equal((await http().get(older).expect(200)).headers['cache-control'], 'no-store');
    await http().get('/panel/assets/x/constructor').expect(404);
    await http().get('/panel/assets/x/..%2f..%2findex.ts').expect(404);
  });

  it('writes names as text', async () => {
    const Cookie = await sessionOf();
    for (const path of ['/panel/pedidos', `/panel/pedidos/${ordenId}`]) {
      const { text } = await http().get(path).set('Cookie', Cookie).expect(200);
      assert.match(text, /&lt;img src=x onerror=alert\(1\)&gt; &amp; &quot;O&#39;Hara&quot; 🍕/);
      assert.doesNotMatch(text, /<img src=x/);
    }
    const { text } = await http().get('/panel/stock').query({ nombre: '"><script>' }).set('Cookie', Cookie).expect(200);
    assert.match(text, /value="&quot;&gt;&lt;script&gt;"/);
  });

  it('says in Spanish what is not there or not right, and never more', async () => {
    const Cookie = await sessionOf();
    const get = (path: string) => http().get(path).set('Cookie', Cookie);
    const bad: Array<[path: string, status: number]> = [
      ['/panel/nada', 404],
      ['/panel/pedidos/999999', 404],
      ['/panel/pedidos/abc', 400],
      ['/panel/pedidos/99999999999999999999', 400],
      ['/panel/pedidos?comercio=abc', 400],
      ['/panel/pedidos?comercio=1&comercio=2', 400],
      ['/panel/pedidos?comercio=2147483647', 404],
      ['/panel/ventas?mes=2024-13', 400],
      ['/panel/ventas?mes=%27', 400],
      ['/panel/stock?nombre=%00', 400],
      ['/panel/pedidos/%E0%A4%A', 400],
    ];
    for (const [path, status] of bad) {
      const res = await get(path).expect('Content-Type', /html/);
      assert.equal(res.status, status, path);
      assert.match(res.text, /<html lang="es-AR">/);
      assert.doesNotMatch(res.text, /Error:|node_modules|SELECT|at .*\.ts/);
    }
    const post = (path: string, form: unknown, type = 'form') =>
      http()
        .post(path)
        .type(type)
        .set({ Cookie, ...ours })
        .send(form as object);
    await post(`/panel/pedidos/${ordenId}/estado`, { estado: 'finalizada', comercio: shop.comercioId }).expect(400);
    await post(`/panel/pedidos/${ordenId}/estado`, { estado: 'constructor' }).expect(400);
    for (const cantidad of ['-1', '1.5', '1e3', '', 'diez', '9999999999', '12abc']) {
      await post(`/panel/stock/${shop.productos[0]}`, { cantidad, comercio: shop.comercioId }).expect(400);
    }
    await post(`/panel/stock/${shop.productos[0]}`, `cantidad=1&relleno=${'x'.repeat(20_000)}`).expect(413);
  });

  it('moves orders and sets stock without any script', async () => {
    const Cookie = await sessionOf();
    const post = (path: string, form: object) =>
      http()
        .post(path)
        .type('form')
        .set({ Cookie, ...ours })
        .send(form);
    const moved = await bench.order(shop, 'S-2');
    const move = (estado: string) => post(`/panel/pedidos/${moved}/estado`, { estado, comercio: shop.comercioId });
    await move('aceptada').expect(303).expect('Location', `/panel/pedidos?comercio=${shop.comercioId}`);
    const refused = await move('rechazada').expect(409);
    assert.match(
      refused.text,
      /La orden está aceptada y no puede pasar a rechazada; pasos posibles: listo, cancelada\./,
    );
    await post(`/panel/stock/${shop.productos[1]}`, { cantidad: '12', comercio: shop.comercioId }).expect(303);
    assert.deepEqual([await bench.estado(moved), await bench.stock(shop, shop.productos[1])], ['aceptada', 12]);
  });

  it('believes a proxy about https and the host where it is told to', async () => {
    const behind = await openPanelBench({ TRUST_PROXY: 'true' });
    try {
      const { admin } = await behind.open();
      const proxied = { 'X-Forwarded-Proto': 'https', 'X-Forwarded-Host': 'panel.ejemplo.com' };
      const post = (headers: Record<string, string>) =>
        supertest(behind.service.url)
          .post('/panel/login')
          .type('form')
          .set(headers)
          .send({ email: admin.email, password: PASSWORD });
      const res = await post({ ...proxied, Origin: 'https://panel.ejemplo.com' }).expect(303);
      assert.match(cookieOf(res), /; Secure/);
      await post({ ...proxied, Origin: 'https://otro.ejemplo.com' }).expect(403);
    } finally {
      await behind.close();
    }
  });

  it('is not there where no requests are served', async () => {
    const quiet = await openPanelBench({ ROLES: 'jobs' });
    try {
      await supertest(quiet.service.url).get('/panel/login').expect(404);
    } finally {
      await quiet.close();
    }
  });
});
