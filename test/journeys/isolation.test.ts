import assert from 'node:assert/strict';
import type { OpenApiDocument } from '../../src/kernel/rest/openapi.ts';
import { startTestService, type TestService } from '../support/service.ts';
import { onlineAttempts } from './isolation-online.ts';
import { ask, dumpOf, fillTenant, countFrom, STATES, type Answered, type World } from './isolation-world.ts';

/** Letters that no text of ours, no hash and no token holds by accident. */
const [SECRET, SHOP, FIRST] = ['zqsecretqz', 'zqshopqz', 'zqfirstqz'];
const FIRST_ID = 77_000_000;
const AFTERWARDS = 50_000;

/** One request that B makes. */
interface Attempt {
  /** Values of the template's parameters. */
  at?: Record<string, string | number>;
  query?: string;
  body?: unknown;
  form?: () => FormData;
  /** The statuses that keep the promise; 403 and 404 where it reaches for what is A's. */
  expect?: number[];
  /** Shows what a shop tells whoever walks by. */
  public?: true;
  /** Sent without B's token, which it would end. */
  anonymous?: true;
}

const FOREIGN = [403, 404];
/** B's own affairs: whatever the document says, as long as it is no failure of ours. */
const OWN = [200, 201, 202, 204, 400, 403, 404, 409];
const own = (attempt: Omit<Attempt, 'expect'> = {}): Attempt => ({ ...attempt, expect: OWN });

const csv = (text: string) => () => {
  const form = new FormData();
  form.set('file', new Blob([text], { type: 'text/csv' }), 'productos.csv');
  return form;
};
const product = (fields: Record<string, string>) => () => {
  const form = new FormData();
  for (const [name, value] of Object.entries({ nombre_producto: 'x', precio: '1.5', ...fields })) form.set(name, value);
  return form;
};
const address = { calle: 'x', numero: '1', ciudad: 'Rosario', provincia: 'Santa Fe', codigo_postal: '2000' };
const tenant = {
  nombre: 'x',
  razon_social: 'x',
  cuenta_bancaria: '1',
  telefono: '1',
  email: 'x@ejemplo.com',
  ...address,
};
const promotion = {
  nombre: 'x',
  tipo_promocion: 'monto',
  valor_descuento: 1,
  fecha_inicio: '2020-01-01',
  fecha_fin: '2030-01-01',
};

/**
 * How B reaches for what is A's, at every operation of the document. A new operation has to be added here: what the
 * walk cannot fill fails it.
 */
function attempts(a: World, b: World): Record<string, Attempt[]> {
  const orders = Object.values(a.orders);
  const callback = (method: string, path: string): [string, Attempt[]] => [
    `${method} ${path}`,
    method === 'POST'
      ? [own({ body: { topic: 'made.up', payload: { tenant_id: a.tenantId } } })]
      : [own({ query: 'topic=pedido.creado&challenge=x' }), own()],
  ];
  const changes = [{ precio: '2.5' }, { nombre_producto: 'x', tenant_id: b.tenantId }];
  const shelves: Attempt['at'][] = [
    { id: a.sellers[0], productId: a.product },
    { id: a.sellers[0], productId: b.product },
    { id: b.sellers[1], productId: a.product },
  ];
  return {
    'GET /healthz': [own()],
    'GET /readyz': [own()],
    'GET /metrics': [own()],
    'GET /api/status': [own()],
    ...Object.fromEntries(
      ['GET', 'HEAD', 'POST'].flatMap((method) => ['/callback', '/'].map((path) => callback(method, path))),
    ),

    'POST /api/auth/login': [{ body: { email: a.email, password: 'wrong' }, expect: [401] }],
    'POST /api/auth/refresh': [{ body: { refreshToken: `${a.refreshToken}x` }, expect: [401] }],
    'POST /api/auth/logout': [own({ body: { refreshToken: `${a.refreshToken}x` }, anonymous: true })],
    'POST /api/auth/register-tenant': [
      { body: { ...tenant, email: a.email, nombre_usuario: 'x', password: 'secreto1' }, expect: [409] },
      {
        body: { ...tenant, organization_id: a.organizationId, nombre_usuario: 'x', password: 'secreto1' },
        expect: [409],
      },
    ],
    'POST /api/auth/register-internal': [
      {
        body: {
          nombre: 'x',
          email: 'x1@ejemplo.com',
          password: 'secreto1',
          rol: 'operador',
          comercios_ids: [a.sellers[0]],
        },
        expect: [400, 403],
      },
      {
        body: {
          nombre: 'x',
          email: 'x2@ejemplo.com',
          password: 'secreto1',
          rol: 'operador',
          comercios_ids: [b.sellers[0], a.sellers[1]],
        },
        expect: [400, 403],
      },
      {
        body: {
          nombre: 'x',
          email: a.email,
          password: 'secreto1',
          rol: 'admin',
          comercios_ids: [],
          tenant_id: a.tenantId,
        },
        expect: [409, 403],
      },
    ],
    'GET /api/auth/profile': [own()],

    'GET /api/tenants': [own(), own({ query: 'page=2&size=1' }), own({ query: `tenant_id=${a.tenantId}` })],
    'POST /api/tenants': [own({ body: { ...tenant, email: a.email, tenant_id: a.tenantId } })],
    'PATCH /api/tenants/{tenantId}': [
      { at: { tenantId: a.tenantId }, body: { nombre: 'x' } },
      { at: { tenantId: b.tenantId }, body: { organization_id: a.organizationId }, expect: [409, 403] },
      { at: { tenantId: b.tenantId }, body: { nombre: 'x', tenant_id: a.tenantId }, expect: [200, 403] },
    ],
    'DELETE /api/tenants/{tenantId}': [{ at: { tenantId: a.tenantId } }],
    'GET /api/tenants/balance': [own()],
    'GET /balance': [own()],

    'GET /api/sellers': [
      own(),
      own({ query: 'page=1&size=100' }),
      own({ query: `tenant_id=${a.tenantId}` }),
      { query: 'lat=-34.6037&lon=-58.3816', expect: [200], public: true },
    ],
    'POST /api/sellers': [own({ body: { nombre: 'x', ...address, tenant_id: a.tenantId } })],
    'GET /api/sellers/{id}': a.sellers.map((id) => ({ at: { id } })),
    'PATCH /api/sellers/{id}': a.sellers.flatMap((id) =>
      [{ nombre: 'x' }, { horarios: [] }, { ...address, nombre: 'x' }].map((body) => ({ at: { id }, body })),
    ),
    'DELETE /api/sellers/{id}': a.sellers.map((id) => ({ at: { id } })),
    'GET /api/sellers/{id}/products': a.sellers.map((id) => ({ at: { id } })),
    'GET /api/sellers/{id}/products/{productId}/stock': shelves.map((at) => ({ at, expect: [400, ...FOREIGN] })),
    'PATCH /api/sellers/{id}/products/{productId}/stock': shelves.map((at) => ({
      at,
      body: { cantidad_stock: 7 },
      expect: [400, ...FOREIGN],
    })),

    'GET /api/categories': [own()],
    'POST /api/categories': [own({ body: { nombre: 'x', tenant_id: a.tenantId } })],
    'GET /api/categories/{categoriaId}': [{ at: { categoriaId: a.category } }],
    'PATCH /api/categories/{categoriaId}': [{ at: { categoriaId: a.category }, body: { nombre: 'x' } }],
    'DELETE /api/categories/{categoriaId}': [{ at: { categoriaId: a.category } }],

    'GET /api/products': [own(), own({ query: `tenant_id=${a.tenantId}` })],
    'GET /api/products/csv/template': [own()],
    'GET /api/products/csv/export': [own()],
    'POST /api/products/csv/upload': [
      { form: csv(`nombre_producto,precio,categoria_id\nx,1.5,${a.category}\n`), expect: [400, 403] },
    ],
    'POST /api/products': [
      { form: product({ categoria_id: String(a.category) }), expect: [400, 403] },
      { body: { nombre_producto: 'x', precio: 1.5, categoria_id: a.category }, expect: [400, 403] },
      own({ form: product({ tenant_id: String(a.tenantId), producto_id: String(a.product) }) }),
    ],
    'GET /api/products/{productId}': [{ at: { productId: a.product } }],
    ...Object.fromEntries(
      ['PATCH', 'PUT'].map((method) => [
        `${method} /api/products/{productId}`,
        [
          ...changes.flatMap((body) => [
            { at: { productId: a.product }, body },
            {
              at: { productId: a.product },
              form: product(Object.fromEntries(Object.entries(body).map(([key, value]) => [key, String(value)]))),
            },
          ]),
          { at: { productId: b.product }, body: { categoria_id: a.category }, expect: [400, 403] },
        ],
      ]),
    ),
    'DELETE /api/products/{productId}': [{ at: { productId: a.product } }],
    // A picture's address is its key: catalogues are shown to whoever has it, in an <img> that sends no token.
    'GET /api/pictures/{imagenId}': [{ at: { imagenId: a.picture.split('/').at(-1) as string }, expect: [200] }],

    'GET /api/promotions': [own()],
    'POST /api/promotions': [
      { body: { ...promotion, lista_productos: [String(a.product)] } },
      { body: { ...promotion, lista_productos: [b.product, a.product] } },
    ],
    'PATCH /api/promotions/{promotionId}': [
      { at: { promotionId: a.promotion }, body: { nombre: 'x' } },
      { at: { promotionId: a.promotion }, body: { ...promotion, lista_productos: [b.product] } },
      { at: { promotionId: b.promotion }, body: { lista_productos: [a.product] } },
    ],
    'DELETE /api/promotions/{promotionId}': [{ at: { promotionId: a.promotion } }],

    'GET /api/orders/{id}': a.sellers.map((id) => ({ at: { id } })),
    'GET /api/orders/detail/{id}': orders.map((id) => ({ at: { id } })),
    'PATCH /api/orders/{id}': orders.flatMap((id) => STATES.map((estado) => ({ at: { id }, body: { estado } }))),

    ...onlineAttempts(a.online, own),

    ...Object.fromEntries(
      ['ventas', 'iva'].map((name) => [
        `GET /api/reports/${name}`,
        ['json', 'csv'].map((formato) =>
          own({ query: `desde=2020-01-01&hasta=2099-01-01&formato=${formato}&tenant_id=${a.tenantId}` }),
        ),
      ]),
    ),
  };
}

describe("tenant B, at every route of the document, against what is tenant A's", () => {
  let service: TestService;
  let a: World;
  let b: World;
  let document: OpenApiDocument;

  before(async function () {
    this.timeout(60_000);
    service = await startTestService();
    b = await fillTenant(service, { secret: 'bsecret', shop: 'bshop', first: 'bfirst' });
    await countFrom(service, FIRST_ID);
    a = await fillTenant(service, { secret: SECRET, shop: SHOP, first: FIRST });
    await countFrom(service, AFTERWARDS); // what B makes later bears no id like A's
    document = service.service.document();
  });
  after(() => service.close());

  const operations = () =>
    Object.entries(document.paths ?? {}).flatMap(([path, methods]) =>
      Object.keys(methods as object).map((method) => `${method.toUpperCase()} ${path}`),
    );
  const fill = (path: string, at: Attempt['at'] = {}) =>
    path.replace(/\{(\w+)\}/g, (_all, name: string) => encodeURIComponent(at[name] as string));

  async function walk(token: string): Promise<Array<{ name: string; attempt: Attempt; answer: Answered }>> {
    const recipes = attempts(a, b);
    const walked = [];
    for (const name of operations()) {
      const [method, path] = name.split(' ') as [string, string];
      for (const attempt of recipes[name] as Attempt[]) {
        const address = `${fill(path, attempt.at)}${attempt.query ? `?${attempt.query}` : ''}`;
        const headers = { 'x-tenant-id': String(a.tenantId) };
        const answer = await ask(service.url, {
          method,
          path: address,
          token: attempt.anonymous ? undefined : token,
          headers,
          body: attempt.body,
          form: attempt.form?.(),
        });
        walked.push({
          name: `${name} ${JSON.stringify(attempt.at ?? attempt.query ?? attempt.body ?? '')}`,
          attempt,
          answer,
        });
      }
    }
    return walked;
  }

  it('the walk knows how to fill every operation, and no others', () => {
    assert.deepEqual(Object.keys(attempts(a, b)).sort(), operations().sort());
  });

  for (const who of ['admin', 'operator'] as const) {
    it(`as ${who}: is refused, sees nothing and changes nothing`, async function () {
      this.timeout(60_000);
      const before = await dumpOf(service, a.tenantId);
      assert.ok(
        Object.values(before).every((rows) => rows.length > 0),
        `A lacks rows in ${Object.keys(before)
          .filter((name) => before[name]?.length === 0)
          .join()}`,
      );
      for (const { name, attempt, answer } of await walk(b[who])) {
        const expected = attempt.expect ?? FOREIGN;
        assert.ok(
          expected.includes(answer.status),
          `${name}: ${answer.status}, not ${expected.join(' or ')}: ${answer.text.slice(0, 300)}`,
        );
        assert.ok(!answer.text.includes(SECRET), `${name} shows what is A's: ${answer.text.slice(0, 2000)}`);
        if (!attempt.public) assert.ok(!answer.text.includes(SHOP), `${name} shows A's shop`);
        const showsIds = answer.status < 300 && !attempt.public && answer.type.includes('json');
        if (showsIds) assert.doesNotMatch(answer.text, /[^\d]77000\d{3}[^\d]/, `${name} shows an id of A's`);
      }
      assert.deepEqual(await dumpOf(service, a.tenantId), before, 'nothing of A changed');
    });
  }

  it("shows A's shop to its neighbours, and of it no more than a shop shows", async () => {
    const { text } = await ask(service.url, {
      method: 'GET',
      path: '/api/sellers?lat=-34.6037&lon=-58.3816',
      token: b.admin,
    });
    assert.ok(text.includes(SHOP), 'the search finds it: the walk would otherwise prove nothing');
    for (const secret of ['cuenta_bancaria', 'telefono', 'email']) assert.ok(!text.includes(secret), secret);
  });

  it("A's operator without access to a seller is refused everything of that seller, and lists leave it out", async () => {
    const [id, other] = a.sellers;
    const before = await dumpOf(service, a.tenantId);
    const stock = `/api/sellers/${id}/products/${a.product}/stock`;
    const refused: Array<[method: string, path: string, body?: unknown]> = [
      ['GET', `/api/sellers/${id}`],
      ['PATCH', `/api/sellers/${id}`, { nombre: 'x' }],
      ['DELETE', `/api/sellers/${id}`],
      ['GET', `/api/sellers/${id}/products`],
      ['GET', stock],
      ['PATCH', stock, { cantidad_stock: 7 }],
      ['GET', `/api/orders/${id}`],
      ...Object.values(a.orders).flatMap((order): Array<[string, string, unknown?]> => [
        ['GET', `/api/orders/detail/${order}`],
        ...STATES.map((estado): [string, string, unknown] => ['PATCH', `/api/orders/${order}`, { estado }]),
      ]),
    ];
    for (const [method, path, body] of refused) {
      const { status, text } = await ask(service.url, { method, path, token: a.operator, body });
      assert.equal(status, 403, `${method} ${path} ${JSON.stringify(body ?? '')}: ${text}`);
      assert.ok(!text.includes(FIRST), path);
    }
    assert.deepEqual(await dumpOf(service, a.tenantId), before);
    for (const path of [
      '/api/sellers',
      '/api/auth/profile',
      '/api/products',
      '/api/promotions',
      '/api/reports/ventas?desde=2020-01-01&hasta=2099-01-01',
      `/api/orders/${other}`,
    ]) {
      const { status, text } = await ask(service.url, { method: 'GET', path, token: a.operator });
      assert.ok([200, 403].includes(status), `${path}: ${status}`);
      assert.ok(!text.includes(FIRST), `${path} shows the first seller`);
    }
    const [seen] = (await ask(service.url, { method: 'GET', path: '/api/sellers', token: a.operator })).json()[
      'data'
    ] as unknown as Array<{ comercio_id: number }>;
    assert.equal(seen?.comercio_id, other);
  });
});
