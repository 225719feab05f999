import assert from 'node:assert/strict';
import { createHmac, randomBytes } from 'node:crypto';
import { connect } from 'node:net';
import { openShop, orderOf, type Shop } from '../support/shop.ts';
import { answerOf, openCallbackBench, post, type Callback, type CallbackBench } from './support.ts';

const TOKEN = 'unguessable-token-123';
const json = (value: unknown) => JSON.stringify(value);
const sign = (body: string, secret: string, method: string) => `${method}=${createHmac(method, secret).update(body).digest('hex')}`;

describe('the callback', () => {
  let bench: CallbackBench;
  let plain: Callback;
  let shop: Shop;
  let at: string;

  before(async () => {
    bench = await openCallbackBench();
    plain = await bench.listen();
    shop = await openShop(bench.database, { stock: 1000 });
    at = `${plain.url}/callback`;
  });
  after(() => bench.close());

  const lastKept = async () => (await bench.kept()).at(-1);
  const order = (id: string | number, quantity = 1) => orderOf(shop, id, { cantidad: quantity });

  describe('takes a delivery', () => {
    const dialects: Record<string, (topic: string, payload: unknown) => [body: string, headers?: Record<string, string>]> = {
      'the topic in x-topic and the payload as the body': (topic, payload) => [json(payload), { 'x-topic': topic }],
      '{topic, payload}': (topic, payload) => [json({ topic, payload })],
      '{topic, data}': (topic, payload) => [json({ topic, data: payload })],
      '{event, data}': (topic, payload) => [json({ event: topic, data: payload })],
      'x-topic with white space around it': (topic, payload) => [json(payload), { 'X-TOPIC': ` ${topic} ` }],
      '{topic, payload} with another topic in x-topic': (topic, payload) => [json({ topic, payload }), { 'x-topic': 'otro.tema' }],
      'a content type of its own': (topic, payload) => [json({ topic, payload }), { 'content-type': 'text/plain' }],
    };
    Object.entries(dialects).forEach(([name, write], index) => {
      it(`with ${name}, at /callback and at /`, async () => {
        const paths = [at, `${plain.url}/`, `${plain.url}/callback?via=hub`];
        for (const [n, url] of paths.entries()) {
          const id = `D-${index}-${n}`;
          const answer = await post(url, ...write('pedido.creado', order(id)));
          assert.deepEqual([answer.status, answer.text], [204, '']);
          const kept = await lastKept();
          assert.deepEqual([kept?.topic, kept?.outcome, kept?.subject], ['pedido.creado', 'done', `pedido:${id}`]);
        }
      });
    });

    it('under an alias, which is handled as the topic it stands for', async () => {
      const aliases = [
        ['delivery.successful', 'pedido.entregado', { pedidoId: 'A-1' }],
        ['delivery.failed', 'pedido.cancelado', { pedidoId: 'A-2' }],
        ['ventas.por_mes', 'ventas.mes', { fechaDesde: 'ayer', fechaHasta: 'hoy' }],
      ] as const;
      for (const [alias, topic, payload] of aliases) {
        assert.equal((await post(at, json(payload), { 'x-topic': alias })).status, 200);
        const kept = await lastKept();
        assert.deepEqual([kept?.topic, kept?.received_topic], [topic, alias]);
      }
    });

    it('and says that the answer is that of an earlier one', async () => {
      const first = await post(at, json({ topic: 'pedido.creado', payload: order('R-1') }));
      const again = await post(at, json(order('R-1')), { 'x-topic': 'pedido.creado' });
      assert.deepEqual([first.status, first.headers.get('idempotent-replay')], [204, null]);
      assert.deepEqual([again.status, again.headers.get('idempotent-replay')], [204, 'true']);
    });

    it('of a numeric pedidoId as of the same text, leading zeros apart', async () => {
      assert.equal((await post(at, json(order(12345)), { 'x-topic': 'pedido.creado' })).status, 204);
      const text = await post(at, json(order('12345')), { 'x-topic': 'pedido.creado' });
      assert.deepEqual([text.status, text.headers.get('idempotent-replay')], [204, 'true']);
      for (const id of [123, '0123']) {
        const { status, headers } = await post(at, json(order(id)), { 'x-topic': 'pedido.creado' });
        assert.deepEqual([status, headers.get('idempotent-replay')], [204, null]);
      }
    });

    it('a repeat with the same content in other words', async () => {
      const payload = { ...order('C-1'), total: 450.75 };
      assert.equal((await post(at, json(payload), { 'x-topic': 'pedido.creado' })).status, 204);
      const reordered = json(Object.fromEntries(Object.entries(payload).reverse())).replace('"cantidad":1', '"cantidad":1.0');
      const again = await post(at, reordered, { 'x-topic': 'pedido.creado' });
      assert.deepEqual([again.status, again.headers.get('idempotent-replay')], [204, 'true']);
      const other = await post(at, json({ ...payload, cliente_nombre: 'Otra persona' }), { 'x-topic': 'pedido.creado' });
      assert.deepEqual([other.status, other.body['success'], other.body['code']], [200, false, 'conflicto']);
    });
  });

  describe('answers 200 with success false, and keeps', () => {
    const refused = async (body: string, code: string, headers: Record<string, string> = { 'x-topic': 'pedido.creado' }) => {
      const before = (await bench.kept()).length;
      const answer = await post(at, body, headers);
      assert.deepEqual([answer.status, answer.body['success'], answer.body['code']], [200, false, code], answer.text);
      assert.equal(typeof answer.body['message'], 'string');
      assert.equal(answer.headers.get('content-type'), 'application/json; charset=utf-8');
      assert.equal((await bench.kept()).length, before + 1);
      return lastKept();
    };
    const ordersNow = async () =>
      (await bench.database.transaction('system', (trx) => trx.one<{ n: number }>('SELECT count(*) AS n FROM orders'))).n;

    it('improvement 23: a topic that nobody takes, whatever it is called', async () => {
      for (const topic of ['pedido.aceptado', 'constructor', '__proto__', 'wallet.creada', 'PEDIDO.CREADO']) {
        assert.equal((await refused(json({ pedidoId: '1' }), 'tema_desconocido', { 'x-topic': topic }))?.outcome, 'unknown');
      }
      await refused(json({ topic: '\u0000\ud800', payload: {} }), 'tema_desconocido', {});
      await refused(json({ anything: 1 }), 'tema_desconocido', {});
      for (const body of ['[]', 'null', '1', '"text"']) await refused(body, 'tema_desconocido', {});
    });

    it('unsafe integers, whether id or number', async () => {
      const { comercioId } = shop;
      const bad = [
        json(order('U-1')).replace('"U-1"', '9007199254740993'),
        json(order('U-2')).replace(`"comercio_id":${comercioId}`, '"comercio_id":9007199254740993'),
        json(order('U-3')).replace(`"comercio_id":${comercioId}`, '"comercio_id":2147483648'),
        json(order('U-4')).replace('"U-4"', '1e400'),
        json(order('U-5')).replace('"U-5"', '1.5'),
      ];
      const before = await ordersNow();
      for (const body of bad) assert.equal((await refused(body, 'contenido_invalido'))?.outcome, 'invalid');
      assert.equal(await ordersNow(), before);
    });

    it('texts that Postgres cannot hold, visibly', async () => {
      for (const [n, bad] of ['\u0000', '\ud800', '\udc00x'].entries()) {
        for (const field of ['pedidoId', 'cliente_nombre', 'direccion_entrega', 'medios_pago']) {
          const kept = await refused(json({ ...order(`T-${n}-${field}`), [field]: `a${bad}b` }), 'contenido_invalido');
          assert.ok(kept?.body.includes('a'));
        }
      }
      const raw = json(order('T-raw')).replace('Juan', 'Juan\u0000'); // a bare NUL is not JSON at all
      assert.equal((await post(at, raw, { 'x-topic': 'pedido.creado' })).status, 400);
    });

    it('improvement 23: what is missing, empty, of another type or out of bounds', async () => {
      const line = { producto_id: shop.productos[0], cantidad: 1, precio_unitario: 1 };
      const changes: Array<Record<string, unknown>> = [
        { pedidoId: '' }, { pedidoId: '   ' }, { pedidoId: null }, { pedidoId: {} }, { pedidoId: 'x'.repeat(201) },
        { comercio_id: '1' }, { comercio_id: 0 }, { comercio_id: 1.5 }, { cliente_nombre: undefined }, { productos: [] }, { productos: {} },
        { productos: [{ ...line, cantidad: 0 }] }, { productos: [{ ...line, cantidad: -1 }] }, { productos: [{ ...line, cantidad: 1.5 }] },
        { productos: [{ ...line, cantidad: 1_000_001 }] }, { productos: [{ ...line, precio_unitario: -0.01 }] },
        { productos: [{ ...line, precio_unitario: 1.005 }] }, { productos: [{ ...line, precio_unitario: '1' }] },
        { productos: Array.from({ length: 501 }, () => line) }, { total: '901.5' }, { total: -1 },
      ];
      for (const change of changes) await refused(json({ ...order('X-1'), ...change }), 'contenido_invalido');
      for (const body of ['[]', 'null', '7', '""', '{}']) await refused(body, 'contenido_invalido');
    });

    it('a balance answer whose pedidoId belongs to something else', async () => {
      await refused(json({ pedidoId: 'B-1' }), 'contenido_invalido', { 'x-topic': 'get.balances.response' });
    });

    it('JSON nested so deep that no recursion survives it', async () => {
      const deep = `${'['.repeat(20_000)}${']'.repeat(20_000)}`;
      await refused(deep, 'contenido_invalido');
      await refused(`{"topic":"no.nuestro","payload":{"a":${deep}}}`, 'tema_desconocido', {});
      const request = { fechaDesde: '2024-01-01', fechaHasta: '2024-01-31' };
      await refused(json({ ...request, traceData: 0 }).replace('"traceData":0', `"traceData":{"a":${deep}}`), 'contenido_invalido', { 'x-topic': 'ventas.mes' });
    });
  });

  it("takes the hub's own delivery id, however long, as the identity of what has no other", async () => {
    const request = json({ fechaDesde: '2024-01-01', fechaHasta: '2024-01-31' });
    for (const id of ['short', randomBytes(6000).toString('base64')]) {
      const headers = { 'x-topic': 'ventas.mes', 'x-hub-notification-id': id };
      const [first, again] = [await post(at, request, headers), await post(at, request, headers)];
      assert.deepEqual([first.status, first.headers.get('idempotent-replay')], [204, null]);
      assert.deepEqual([again.status, again.headers.get('idempotent-replay')], [204, 'true']);
    }
    assert.equal((await post(at, request, { 'x-topic': 'ventas.mes' })).headers.get('idempotent-replay'), null);
  });

  describe('refuses', () => {
    const keepsNothing = async (send: () => Promise<{ status: number; body: Record<string, unknown> }>, status: number) => {
      const before = (await bench.kept()).length;
      const answer = await send();
      assert.equal(answer.status, status);
      assert.equal((await bench.kept()).length, before);
      return answer;
    };

    it('what is not JSON, with 400', async () => {
      for (const body of ['', 'pedidoId=1', '{"pedidoId":', '{} {}', 'undefined', "{'a':1}", Buffer.from([0x80, 0xff])]) {
        const { body: answer } = await keepsNothing(() => post(at, body, { 'x-topic': 'pedido.creado' }), 400);
        assert.deepEqual([answer['success'], answer['code']], [false, 'no_es_json']);
      }
    });

    it('what is too large, with 413, and says so to a sender that is still sending', async () => {
      const small = await bench.listen({ MAX_BODY_BYTES: '2048' });
      const fits = json({ ...order('S-1'), relleno: 'x'.repeat(1500) });
      assert.equal((await post(`${small.url}/callback`, fits, { 'x-topic': 'pedido.creado' })).status, 204);
      for (const size of [2049, 100_000]) {
        const { body } = await keepsNothing(() => post(`${small.url}/callback`, 'x'.repeat(size)), 413);
        assert.equal(body['code'], 'demasiado_grande');
      }
      const chunked = (async function* () {
        for (let n = 0; n < 40; n += 1) yield Buffer.alloc(100, 'x');
      })();
      const stream = async () =>
        answerOf(await fetch(`${small.url}/callback`, { method: 'POST', body: chunked, duplex: 'half' } as unknown as RequestInit));
      await keepsNothing(stream, 413);
    });

    it('other methods, with 405 and what is allowed', async () => {
      for (const method of ['PUT', 'PATCH', 'DELETE', 'OPTIONS']) {
        const answer = await keepsNothing(async () => answerOf(await fetch(at, { method })), 405);
        assert.equal((answer as Awaited<ReturnType<typeof answerOf>>).headers.get('allow'), 'GET, HEAD, POST');
      }
    });

    it('a body that ends before it is complete, and lives on', async () => {
      const before = (await bench.kept()).length;
      const { port } = new URL(plain.url);
      await new Promise<void>((resolve) => {
        const socket = connect(Number(port), '127.0.0.1', () => {
          socket.write('POST /callback HTTP/1.1\r\nhost: x\r\nx-topic: pedido.creado\r\ncontent-length: 100\r\n\r\n{"pedidoId":');
          socket.end();
        });
        socket.resume().on('close', () => resolve()).on('error', () => resolve());
      });
      assert.equal((await post(at, json(order('L-1')), { 'x-topic': 'pedido.creado' })).status, 204);
      assert.equal((await bench.kept()).length, before + 1);
    });
  });

  describe('verifies a subscription', () => {
    const check = async (query: string, method = 'GET', path = '/callback') => answerOf(await fetch(`${plain.url}${path}?${query}`, { method }));
    const challenge = encodeURIComponent('a+b/c==');

    it('with the challenge and nothing else, in both dialects and in any order', async () => {
      const queries = [
        `topic=pedido.creado&challenge=${challenge}`,
        `challenge=${challenge}&topic=pedido.creado`,
        `challenge=${challenge}&secret=s3cr3t&topic=pedido.creado`,
        `hub.mode=subscribe&hub.topic=pedido.creado&hub.challenge=${challenge}&hub.lease_seconds=864000`,
        `hub.challenge=${challenge}&hub.lease_seconds=0&hub.topic=pedido.creado&hub.mode=subscribe&hub.secret=s3cr3t`,
        `hub.topic=pedido.creado&hub.challenge=${challenge}`,
        `topic=pedido.creado&challenge=${challenge}&challenge=other&topic=other`,
        `hub.topic=delivery.successful&hub.mode=subscribe&hub.challenge=${challenge}`,
        `topic=ventas.por_mes&challenge=${challenge}`,
        `topic=get.balances.response&challenge=${challenge}&unknown=1`,
      ];
      for (const path of ['/callback', '/']) {
        for (const query of queries) {
          const answer = await check(query, 'GET', path);
          assert.deepEqual([answer.status, answer.text], [200, 'a+b/c=='], query);
          assert.equal(answer.headers.get('content-type'), 'text/plain; charset=utf-8');
          assert.equal(answer.headers.get('content-length'), '7');
        }
      }
    });

    it('and HEAD with the same headers and no body', async () => {
      const answer = await check(`topic=pedido.creado&challenge=${challenge}`, 'HEAD');
      assert.deepEqual([answer.status, answer.text, answer.headers.get('content-length')], [200, '', '7']);
      assert.equal(answer.headers.get('content-type'), 'text/plain; charset=utf-8');
      assert.equal((await check('topic=no.nuestro&challenge=x', 'HEAD')).status, 404);
      assert.equal((await check('topic=pedido.creado', 'HEAD')).status, 400);
    });

    it('improvement 11: as text, even a challenge that is HTML', async () => {
      const answer = await check(`topic=pedido.creado&challenge=${encodeURIComponent('<script>ñ</script>')}`);
      assert.deepEqual([answer.text, answer.headers.get('x-content-type-options')], ['<script>ñ</script>', 'nosniff']);
      assert.equal(answer.headers.get('content-type'), 'text/plain; charset=utf-8');
    });

    it('not without topic or challenge: 400', async () => {
      for (const query of ['', 'topic=pedido.creado', 'challenge=x', 'topic=&challenge=x', 'topic=pedido.creado&challenge=', 'hub.mode=subscribe&hub.topic=pedido.creado', 'hub.mode=denied']) {
        const answer = await check(query);
        assert.deepEqual([answer.status, answer.body['success']], [400, false], query);
      }
    });

    it('not for a topic that is not ours, or one that is to end: 404', async () => {
      for (const topic of ['pedido.aceptado', 'stock.actualizado', 'constructor', 'PEDIDO.CREADO']) {
        assert.equal((await check(`topic=${topic}&challenge=x`)).status, 404, topic);
      }
      assert.equal((await check('hub.mode=unsubscribe&hub.topic=pedido.creado&hub.challenge=x')).status, 404);
    });

    it('and takes notice of a denial', async () => {
      const answer = await check('hub.mode=denied&hub.topic=pedido.creado&hub.reason=because');
      assert.deepEqual([answer.status, answer.text], [200, '']);
      assert.ok(plain.lines.some((line) => line.startsWith('warn') && line.includes('pedido.creado')));
    });
  });

  it('improvement 11: is found only under its token, where one is set', async () => {
    const guarded = await bench.listen({ CALLBACK_TOKEN: TOKEN });
    const body = json({ topic: 'pedido.creado', payload: order('K-1') });
    for (const path of ['/callback', '/', `/callback/${TOKEN}x`, `/callback/${TOKEN.slice(0, -1)}`, `/${TOKEN}`, `/callback/${TOKEN}/`]) {
      assert.equal((await post(`${guarded.url}${path}`, body)).status, 404, path);
      assert.equal((await fetch(`${guarded.url}${path}?topic=pedido.creado&challenge=x`)).status, 404, path);
    }
    assert.equal((await post(`${guarded.url}/callback/${TOKEN}`, body)).status, 204);
    const verified = await fetch(`${guarded.url}/callback/${TOKEN}?topic=pedido.creado&challenge=x`);
    assert.deepEqual([verified.status, await verified.text()], [200, 'x']);
    assert.equal((await post(`${plain.url}/callback/${TOKEN}`, body)).status, 404);
  });

  describe('of a hub that signs', () => {
    let signed: Callback;
    let n = 0;
    before(async () => void (signed = await bench.listen({ HUB_SECRET: 'the new secret, the old one'.replace(', ', ',') })));
    const secrets = ['the new secret', 'the old one'];
    const send = (body: string, signature?: string) =>
      post(`${signed.url}/callback`, body, { 'x-topic': 'pedido.creado', ...(signature === undefined ? {} : { 'x-hub-signature': signature }) });

    it('takes either secret and all four methods', async () => {
      for (const secret of secrets) {
        for (const method of ['sha1', 'sha256', 'sha384', 'sha512']) {
          const body = json(order(`G-${(n += 1)}`));
          assert.equal((await send(body, sign(body, secret, method))).status, 204, method);
        }
      }
    });

    it('verifies the raw bytes, however they are written', async () => {
      const body = `  ${json(order('G-raw')).replace('Juan', '\\u004auan').replace(',', ' ,\n')}\n`;
      assert.equal((await send(body, sign(body, secrets[0] as string, 'sha256'))).status, 204);
    });

    it('improvement 11: refuses whatever else, and keeps nothing', async () => {
      const body = json(order('G-bad'));
      const good = sign(body, secrets[0] as string, 'sha256');
      const wrong = [
        undefined, '', good.slice(0, -2), `${good}00`, 'sha256=', 'sha256', good.slice(7), good.slice(0, 20), `md5=${good.slice(7)}`,
        good.replace('sha256', 'sha512'), sign(body, 'another secret', 'sha256'), sign(`${body} `, secrets[0] as string, 'sha256'),
        sign(body, '', 'sha256'), sign(body, secrets.join(','), 'sha256'), `${good}, ${good}`, good.replace(/.$/, 'g'), 'constructor=00',
      ];
      const before = (await bench.kept()).length;
      for (const signature of wrong) {
        const answer = await send(body, signature);
        assert.deepEqual([answer.status, answer.body['code']], [401, 'firma_invalida'], signature);
      }
      assert.equal((await send('not json', 'sha256=00')).status, 401, 'it must not tell before it has verified');
      assert.equal((await bench.kept()).length, before);
    });
  });

  it("carries helmet's headers on every answer, the same as the REST side", async () => {
    const rest = (await fetch(`${plain.url}/api/status`)).headers;
    const security = [...rest].filter(([name]) => /^(x-|content-security|cross-origin|origin-agent|referrer|strict)/.test(name));
    assert.ok(security.length >= 10, 'helmet gave no headers');
    const answers = [
      await fetch(`${at}?topic=pedido.creado&challenge=x`), await fetch(at), await fetch(`${at}?topic=x&challenge=x`), await fetch(at, { method: 'PUT' }),
      await fetch(at, { method: 'POST', body: 'x' }), await fetch(at, { method: 'POST', body: '{}' }),
      await fetch(at, { method: 'POST', body: json(order('H-1')), headers: { 'x-topic': 'pedido.creado' } }),
    ];
    assert.deepEqual(answers.map(({ status }) => status), [200, 400, 404, 405, 400, 200, 204]);
    for (const { headers } of answers) {
      for (const [name, value] of security) assert.equal(headers.get(name), value, name);
      assert.equal(headers.get('cache-control'), 'no-store');
      assert.equal(headers.get('x-powered-by'), null);
    }
  });

  describe('logs', () => {
    it("the source document's three lines, with personal data masked", async () => {
      const { url, lines } = await bench.listen();
      const payload = { ...order('LOG-1'), extra: { email: 'juan@ejemplo.com', nested: [{ telefono: '11 5555' }] } };
      await post(`${url}/callback`, json({ topic: 'pedido.creado', payload }));
      await fetch(`${url}/callback?topic=pedido.creado&challenge=abc`);
      assert.ok(lines.includes('info [HUB EVENT RECEIVED] Topic: pedido.creado'));
      const body = lines.find((line) => line.startsWith('info [HUB EVENT RECEIVED] Body: {')) ?? '';
      assert.ok(body.includes('"pedidoId":"LOG-1"') && body.includes('"cliente_nombre":"***"'), body);
      assert.ok(lines.includes('info [HUB VERIFICATION] Topic: pedido.creado, Challenge: abc'));
      for (const secret of ['Juan', 'Corrientes', 'juan@ejemplo.com', '5555']) assert.ok(!lines.join('\n').includes(secret), secret);
    });

    it('no secret that a hub puts into its query', async () => {
      const { url, lines } = await bench.listen();
      await fetch(`${url}/callback?hub.mode=subscribe&hub.topic=pedido.creado&hub.challenge=abc&hub.secret=s3cr3t&secret=s3cr3t`);
      await fetch(`${url}/callback?hub.secret=s3cr3t`);
      await fetch(`${url}/callback?hub.mode=denied&hub.topic=pedido.creado&hub.secret=s3cr3t`);
      assert.equal(lines.length, 3);
      assert.ok(!lines.join('\n').includes('s3cr3t'));
    });

    it('one line each, whatever line breaks a stranger sends', async () => {
      const { url, lines } = await bench.listen();
      const forged = 'x\n2026-01-01T00:00:00.000Z error [FORGED]\u001b[2J\r';
      await fetch(`${url}/callback?${String(new URLSearchParams({ topic: forged, challenge: forged }))}`);
      await fetch(`${url}/callback?${String(new URLSearchParams({ 'hub.mode': 'denied', 'hub.topic': forged }))}`);
      await post(`${url}/callback`, json({ topic: forged, payload: { pedidoId: forged } }));
      assert.ok(lines.length >= 4);
      for (const line of lines) assert.doesNotMatch(line, /[\u0000-\u001f]/);
    });

    it('not a whole megabyte', async () => {
      const { url, lines } = await bench.listen();
      await post(`${url}/callback`, json({ topic: 't'.repeat(100_000), payload: { pedidoId: 'x'.repeat(100_000) } }));
      for (const line of lines) assert.ok(line.length < 5000, `${line.slice(0, 60)}… has ${line.length} characters`);
    });
  });
});
