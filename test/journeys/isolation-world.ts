import assert from 'node:assert/strict';
import type { TestService } from '../support/service.ts';
import { until } from '../support/service.ts';
import { fillOnlineShop, type OnlineShop } from './isolation-online.ts';

/** One answer, as text: what leaks, leaks anywhere in it. */
export interface Answered {
  status: number;
  type: string;
  text: string;
  json(): Record<string, never>;
}

export interface Ask {
  method: string;
  path: string;
  token?: string;
  body?: unknown;
  form?: FormData;
  headers?: Record<string, string>;
}

export async function ask(url: string, { method, path, token, body, form, headers }: Ask): Promise<Answered> {
  const response = await fetch(url + path, {
    method,
    headers: {
      ...(token && { authorization: `Bearer ${token}` }),
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...headers,
    },
    body: form ?? (body === undefined ? undefined : JSON.stringify(body)),
  });
  const text = await response.text();
  return {
    status: response.status,
    type: response.headers.get('content-type') ?? '',
    text,
    json: () => JSON.parse(text) as Record<string, never>,
  };
}

export const STATES = ['pendiente', 'aceptada', 'rechazada', 'cancelada', 'listo', 'finalizada'] as const;
type State = (typeof STATES)[number];

/** A tenant with something of everything. Each text holds a mark by which it is found where it must not be. */
export interface World {
  tenantId: number;
  organizationId: string;
  admin: string;
  /** Assigned to the second seller only. */
  operator: string;
  email: string;
  refreshToken: string;
  usuarioId: number;
  /** The first and the second. */
  sellers: [number, number];
  category: number;
  product: number;
  picture: string;
  promotion: number;
  /** At the first seller, one in each state. */
  orders: Record<State, number>;
  online: OnlineShop;
}

/** A one-pixel picture. */
const PNG = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);

/** @param marks `secret` is in what nobody else may see; `shop` in what a shop tells whoever walks by; `first` is of the first seller alone. */
export async function fillTenant(
  service: TestService,
  marks: { secret: string; shop: string; first: string },
): Promise<World> {
  const { secret, shop, first } = marks;
  const email = `${secret}@ejemplo.com`;
  const address = {
    calle: `${shop} calle`,
    numero: '1234',
    ciudad: 'Buenos Aires',
    provincia: 'CABA',
    codigo_postal: '1043',
  };
  const horarios = [{ dia_semana: 'lunes', hora_apertura: '09:00', hora_cierre: '18:00' }];
  const good = async (asked: Ask, status = 201) => {
    const answer = await ask(service.url, asked);
    assert.equal(answer.status, status, `${asked.method} ${asked.path}: ${answer.text}`);
    return answer.json() as unknown as Record<string, Record<string, unknown>> & Record<string, unknown>;
  };
  const registered = await good({
    method: 'POST',
    path: '/api/auth/register-tenant',
    body: {
      nombre: `${shop} negocio`,
      razon_social: `${secret} S.A.`,
      cuenta_bancaria: `${secret}-cbu`,
      email,
      telefono: secret,
      nombre_usuario: `${secret} admin`,
      password: 'secreto1',
      sitio_web: secret,
      instagram: secret,
      organization_id: `org-${secret}`,
      ...address,
    },
  });
  const {
    accessToken: admin,
    refreshToken,
    tenant_id,
  } = registered as unknown as { accessToken: string; refreshToken: string; tenant_id: number };
  const tenantId = tenant_id;
  const seller = async (nombre: string) =>
    (await good({ method: 'POST', path: '/api/sellers', token: admin, body: { nombre, ...address, horarios } })).data?.[
      'comercio_id'
    ] as number;
  const sellers: [number, number] = [await seller(`${shop} ${first}`), await seller(`${shop} segundo`)];
  const operatorEmail = `op-${email}`;
  await good({
    method: 'POST',
    path: '/api/auth/register-internal',
    token: admin,
    body: {
      nombre: `${secret} operador`,
      email: operatorEmail,
      password: 'secreto2',
      rol: 'operador',
      comercios_ids: [sellers[1]],
    },
  });
  const signedIn = await good(
    { method: 'POST', path: '/api/auth/login', body: { email: operatorEmail, password: 'secreto2' } },
    200,
  );
  const category = (
    await good({
      method: 'POST',
      path: '/api/categories',
      token: admin,
      body: { nombre: `${secret} cat`, descripcion: secret },
    })
  )['categoria_id'] as unknown as number;
  const form = new FormData();
  for (const [name, value] of Object.entries({
    nombre_producto: `${secret} pizza`,
    precio: '850.50',
    descripcion: secret,
    categoria_id: String(category),
  }))
    form.set(name, value);
  form.set('imagenes', new Blob([PNG], { type: 'image/png' }), `${secret}.png`);
  const { producto } = await good({ method: 'POST', path: '/api/products', token: admin, form });
  const product = Number(producto?.['producto_id']);
  const picture = (producto?.['imagenes'] as string[])[0] as string;
  for (const id of sellers) {
    await good(
      {
        method: 'PATCH',
        path: `/api/sellers/${id}/products/${product}/stock`,
        token: admin,
        body: { cantidad_stock: 1000 },
      },
      200,
    );
  }
  const promotion = (
    await good({
      method: 'POST',
      path: '/api/promotions',
      token: admin,
      body: {
        nombre: `${secret} promo`,
        tipo_promocion: 'porcentaje',
        valor_descuento: 10,
        lista_productos: [String(product)],
        fecha_inicio: '2020-01-01',
        fecha_fin: '2099-12-31',
      },
    })
  ).promocion?.['promocion_id'] as number;
  const orders = {} as Record<State, number>;
  for (const state of STATES)
    orders[state] = await orderIn(service, { state, admin, seller: sellers[0], product, mark: `${secret} ${first}` });
  await good({ method: 'GET', path: '/balance', token: admin }, 200);
  const online = await fillOnlineShop(service, { tenantId, token: admin, secret, good });
  const usuarioId = (registered.user as Record<string, number>)['usuario_id'] as number;
  return {
    tenantId,
    organizationId: `org-${secret}`,
    admin,
    operator: signedIn['accessToken'] as unknown as string,
    email,
    refreshToken,
    usuarioId,
    sellers,
    category,
    product,
    picture,
    promotion,
    orders,
    online,
  };
}

const STEPS: Record<State, State[]> = {
  pendiente: [],
  aceptada: ['aceptada'],
  rechazada: ['rechazada'],
  cancelada: ['cancelada'],
  listo: ['listo'],
  finalizada: ['listo', 'finalizada'],
};

async function orderIn(
  service: TestService,
  of: { state: State; admin: string; seller: number; product: number; mark: string },
): Promise<number> {
  const pedidoId = `${of.mark}-${of.state}`;
  const { status, body } = await service.deliver('pedido.creado', {
    pedidoId,
    comercio_id: of.seller,
    cliente_nombre: `${of.mark} cliente`,
    direccion_entrega: `${of.mark} calle`,
    productos: [{ producto_id: of.product, cantidad: 2, precio_unitario: 850.5 }],
    total: 1530.9,
  });
  assert.ok(status === 204 || status === 200, JSON.stringify(body));
  const find = 'SELECT orden_id AS id FROM orders WHERE pedido_id = $1';
  const { id } = await service.database.transaction('system', (trx) => trx.one<{ id: number }>(find, [pedidoId]));
  for (const estado of STEPS[of.state]) {
    const answer = await ask(service.url, {
      method: 'PATCH',
      path: `/api/orders/${id}`,
      token: of.admin,
      body: { estado },
    });
    assert.equal(answer.status, 200, answer.text);
  }
  return id;
}

/** What is made from here on has ids above this one, so that whose an id is can be seen from it. */
export async function countFrom({ database }: TestService, from: number): Promise<void> {
  await database.pool.query(
    `SELECT setval(format('%I.%I', schemaname, sequencename)::regclass, $1) FROM pg_sequences WHERE schemaname = 'public'`,
    [from],
  );
}

/** Every row of a tenant in every table that has tenants' rows, as text. */
export async function dumpOf({ database }: TestService, tenantId: number): Promise<Record<string, string[]>> {
  await until("the tenant's messages sent", async () => {
    const { rows } = await database.pool.query(
      `SELECT FROM outbox WHERE tenant_id = $1 AND state = 'pending' LIMIT 1`,
      [tenantId],
    );
    return rows.length === 0;
  });
  const tables = await database.pool.query<{ name: string }>(
    `SELECT table_name AS name FROM information_schema.columns JOIN information_schema.tables USING (table_schema, table_name)
     WHERE table_schema = 'public' AND column_name = 'tenant_id' AND table_type = 'BASE TABLE' ORDER BY 1`,
  );
  const dump: Record<string, string[]> = {};
  for (const { name } of tables.rows) {
    const { rows } = await database.pool.query<{ row: string }>(
      `SELECT t::text AS row FROM ${name} t WHERE tenant_id = $1 ORDER BY 1`,
      [tenantId],
    );
    dump[name] = rows.map(({ row }) => row);
  }
  return dump;
}
