import assert from 'node:assert/strict';

/** Whatever the service sent. */
export type Json = ReturnType<typeof JSON.parse>;

export interface Reply {
  status: number;
  headers: Headers;
  body: Json;
}

/** Stays pending for ever in the client: the call whose 401 started the refresh is never sent again. */
export const HUNG = 'hung';

export interface ClientCall {
  json?: unknown;
  form?: FormData;
  /** The four calls that carry it. */
  tenantHeader?: boolean;
}

/** The public client as far as the service can tell: a browser, its storage and the rules of its HTTP instance. */
export interface Client {
  storage: { accessToken?: string; refreshToken?: string; sessionInfo?: Json };
  /** Where the client would be. */
  location: string;
  /** Holds the refresh back until so many calls were answered 401, as a slow network may. */
  refreshAfter: number;
  call(method: string, path: string, call?: ClientCall): Promise<Reply | typeof HUNG>;
  /** The same for a call that is answered. @throws AssertionError for another status. */
  expect(status: number, method: string, path: string, call?: ClientCall): Promise<Json>;
  signIn(email: string, password: string): Promise<void>;
}

/** A client whose pages come from `origin`, with `api` for its VITE_BACKEND_URL: no trailing slash. */
export function openClient({ api, origin }: { api: string; origin: string }): Client {
  let refreshing: Promise<boolean> | undefined;
  let [refused, goOn] = [0, () => {}];

  /** The shared HTTP instance: the token goes along as soon as storage holds one, to public endpoints as well. */
  function send(method: string, path: string, { json, form, tenantHeader }: ClientCall): Promise<Reply> {
    const { accessToken, sessionInfo } = client.storage;
    const headers: Record<string, string> = {};
    if (accessToken !== undefined) headers['authorization'] = `Bearer ${accessToken}`;
    if (tenantHeader) headers['x-tenant-id'] = String(sessionInfo?.tenantId);
    if (json !== undefined) headers['content-type'] = 'application/json';
    return browse(origin, method, api + path, headers, form ?? (json === undefined ? undefined : JSON.stringify(json)));
  }

  async function refresh(): Promise<boolean> {
    await new Promise<void>((resolve) => {
      goOn = () => refused >= client.refreshAfter && resolve();
      goOn();
    });
    const body = JSON.stringify({ refreshToken: client.storage.refreshToken ?? null });
    const reply = await browse(origin, 'POST', `${api}/auth/refresh`, { 'content-type': 'application/json' }, body);
    const renewed = reply.status >= 200 && reply.status < 300;
    if (renewed)
      Object.assign(client.storage, {
        accessToken: String(reply.body.accessToken),
        refreshToken: String(reply.body.refreshToken),
      });
    else [client.storage, client.location] = [{}, '/login'];
    [refreshing, refused] = [undefined, 0];
    return renewed;
  }

  const client: Client = {
    storage: {},
    location: '/login',
    refreshAfter: 1,
    async call(method, path, call = {}) {
      const reply = await send(method, path, call);
      if (reply.status !== 401) return reply;
      refused += 1;
      goOn();
      if (refreshing !== undefined) return (await refreshing) ? send(method, path, call) : HUNG;
      await (refreshing = refresh());
      return HUNG;
    },
    async expect(status, method, path, call) {
      const reply = await client.call(method, path, call);
      assert.ok(reply !== HUNG, `${method} ${path}: 401, the page hangs`);
      assert.equal(reply.status, status, `${method} ${path}: ${JSON.stringify(reply.body)}`);
      if (status >= 400) {
        assert.ok(typeof reply.body.message === 'string' && reply.body.message !== '', `${method} ${path}: no message`);
        assert.equal(reply.body.success, false, `${method} ${path}: success`);
      }
      return reply.body;
    },
    async signIn(email, password) {
      const { tokens } = await client.expect(200, 'POST', '/auth/login', { json: { email, password } });
      const { accessToken, refreshToken } = tokens;
      const { usuario_id, nombre, email: own, rol, tenant_id, comercios } = claimsOf(accessToken);
      const sessionInfo = { usuarioId: usuario_id, nombre, email: own, rol, tenantId: tenant_id, comercios };
      client.storage = { accessToken, refreshToken, sessionInfo };
      client.location = rol === 'admin' ? '/sellers' : '/products';
    },
  };
  return client;
}

/** What the client makes of a token; `atob` knows neither base64url nor UTF-8. */
export const claimsOf = (token: string): Json => JSON.parse(atob(token.split('.')[1] as string));

/** What a browser does around a call with credentials: it asks first, and hides an answer without the headers. */
async function browse(
  origin: string,
  method: string,
  url: string,
  headers: Record<string, string>,
  body?: FormData | string,
): Promise<Reply> {
  const asks = Object.keys(headers).filter((name) => name !== 'content-type' || headers[name] === 'application/json');
  if (asks.length > 0 || !['GET', 'POST'].includes(method)) await preflight(origin, method, url, asks);
  const response = await fetch(url, { method, headers: { ...headers, origin }, body });
  const text = await response.text();
  showable(response, origin, `${method} ${url} ${response.status}`);
  // The lists are read again right after a change.
  const fresh = response.headers.get('cache-control')?.includes('no-store') ?? response.headers.has('etag');
  assert.ok(fresh, `${method} ${url}: a cache might answer with yesterday's list`);
  assert.match(
    response.headers.get('content-type') ?? '',
    /^application\/(problem\+)?json/,
    `${method} ${url} is not JSON: ${text.slice(0, 200)}`,
  );
  return { status: response.status, headers: response.headers, body: JSON.parse(text) };
}

async function preflight(origin: string, method: string, url: string, asks: readonly string[]): Promise<void> {
  const response = await fetch(url, {
    method: 'OPTIONS',
    headers: { origin, 'access-control-request-method': method, 'access-control-request-headers': asks.join(',') },
  });
  const what = `the preflight of ${method} ${url}`;
  assert.ok(response.ok, `${what}: ${response.status}`);
  showable(response, origin, what);
  const listed = (name: string) => (response.headers.get(name) ?? '').toLowerCase().split(/ *, */);
  assert.ok(listed('access-control-allow-methods').includes(method.toLowerCase()), `${what}: method`);
  for (const name of asks) assert.ok(listed('access-control-allow-headers').includes(name), `${what}: ${name}`);
}

/** With credentials, `*` counts for nothing. */
function showable(response: Response, origin: string, what: string): void {
  assert.equal(response.headers.get('access-control-allow-origin'), origin, `${what}: a network error in the browser`);
  assert.equal(
    response.headers.get('access-control-allow-credentials'),
    'true',
    `${what}: a network error in the browser`,
  );
  assert.match(response.headers.get('vary') ?? '', /\borigin\b/i, what);
}
