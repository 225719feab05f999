import assert from 'node:assert/strict';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Writable } from 'node:stream';
import winston from 'winston';
import { createGeocoder, type Address, type GeocoderOptions } from '../../src/kernel/geocoding/index.ts';
import { createLogger } from '../../src/kernel/logger.ts';
import { until } from '../support/service.ts';

const KEY = 'pk.s3cret/key+';
const STREET = { calle: 'Av. Corrientes', numero: '1234' };
const ADDRESS: Address = { ...STREET, ciudad: 'Buenos Aires', provincia: 'CABA', codigo_postal: '1043' };
const PLACE = { lat: -34.60376, lon: -58.38162 };
/** What the offline locator knows of the same city. */
const CITY = { lat: -34.6037, lon: -58.3816 };
const found = [{ place_id: '1', lat: String(PLACE.lat), lon: String(PLACE.lon), display_name: 'Avenida Corrientes' }];

type Respond = (res: ServerResponse, req: IncomingMessage) => void;
const json = (status: number, body: unknown): Respond => (res) =>
  void res.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));

describe('the geocoder with a provider', () => {
  let server: Server;
  let respond: Respond;
  let asked: URL[];
  let lines: string[];

  before(async () => {
    server = createServer((req, res) => {
      asked.push(new URL(req.url ?? '', 'http://stub'));
      respond(res, req);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });
  after(() => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  });
  beforeEach(() => {
    [asked, lines] = [[], []];
    respond = json(200, found);
  });

  /** @returns a geocoder whose provider is the stub, and whose log lands in `lines`. */
  const geocoder = (options: Partial<GeocoderOptions> = {}) => {
    const log = createLogger('debug');
    const sink = new Writable({
      write(line: string | Buffer, _encoding, done) {
        lines.push(String(line).trimEnd().replace(/^\S+ /, '')); // without the moment
        done();
      },
    });
    log.clear().add(new winston.transports.Stream({ stream: sink }));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/search`;
    return createGeocoder({ key: KEY, url, log, timeoutMs: 300, pauseMs: 60, ...options });
  };
  const numbered = (numero: number): Address => ({ ...ADDRESS, numero: String(numero) });

  it('asks as LocationIQ documents it and reads coordinates that are texts', async () => {
    assert.deepEqual(await geocoder().locate(ADDRESS), PLACE);
    const [url] = asked;
    assert.equal(url?.pathname, '/v1/search');
    assert.deepEqual(Object.fromEntries(url?.searchParams ?? []), {
      key: KEY, q: 'Av. Corrientes 1234, Buenos Aires, CABA, Argentina', format: 'json', countrycodes: 'ar', limit: '1',
    });
  });

  it('reads coordinates that are numbers too', async () => {
    respond = json(200, [PLACE]);
    assert.deepEqual(await geocoder().locate(ADDRESS), PLACE);
  });

  it('finds nothing where the provider finds nothing, and remembers both answers for a while', async () => {
    const { locate } = geocoder();
    for (const nothing of [json(404, { error: 'Unable to geocode' }), json(200, [])]) {
      respond = nothing;
      const nowhere = { ...ADDRESS, calle: `Nada ${asked.length}` };
      assert.equal(await locate(nowhere), undefined);
      assert.equal(await locate(nowhere), undefined);
    }
    assert.equal(asked.length, 2);
    respond = json(200, found);
    assert.deepEqual(await locate(ADDRESS), PLACE);
    // The same address as people write it: not asked again.
    assert.deepEqual(await locate({ ...ADDRESS, calle: ' AV CORRIENTES', ciudad: 'buenos aires' }), PLACE);
    assert.equal(asked.length, 3);
    assert.deepEqual(lines, []);
  });

  it('shares one question among those who ask the same at once', async () => {
    const { locate } = geocoder();
    assert.deepEqual(await Promise.all(Array.from({ length: 20 }, () => locate(ADDRESS))), Array(20).fill(PLACE));
    assert.equal(asked.length, 1);
  });

  it('does not ask for what is no address', async () => {
    const { locate } = geocoder();
    for (const address of [{}, { provincia: 'CABA' }, { calle: 'Florida', ciudad: ' ', provincia: 'CABA' }]) {
      assert.equal(await locate(address), undefined);
    }
    assert.equal(asked.length, 0);
  });

  const failures: Record<string, Respond> = {
    'is over its limit (429)': json(429, { error: 'Rate Limited Second' }),
    'fails (500)': json(500, { error: 'x' }),
    'refuses the key (401)': json(401, { error: 'Invalid key' }),
    'redirects': (res) => void res.writeHead(302, { location: 'http://127.0.0.1:9/elsewhere' }).end(),
    'answers a page (404, HTML)': (res) => void res.writeHead(404, { 'content-type': 'text/html' }).end('<h1>404</h1>'),
    'answers broken JSON': (res) => void res.writeHead(200, { 'content-type': 'application/json' }).end('[{"lat":'),
    'answers an empty body': (res) => void res.writeHead(200).end(),
    'answers an object': json(200, { lat: '1', lon: '2' }),
    'answers null coordinates': json(200, [{ lat: null, lon: null }]),
    'answers words for coordinates': json(200, [{ lat: 'norte', lon: '' }]),
    'answers coordinates off the earth': json(200, [{ lat: '-934.6', lon: '-58' }]),
    'answers nested lists': json(200, [[[]]]),
    'answers more than it should': (res) => void res.writeHead(200).end(`[${'1,'.repeat(300_000)}1]`),
    'hangs up': (res) => void res.destroy(),
    'does not answer': () => undefined,
  };
  for (const [what, failure] of Object.entries(failures)) {
    it(`places an address by its city when the provider ${what}, and does not remember that`, async () => {
      const { locate } = geocoder();
      respond = failure;
      const started = Date.now();
      assert.deepEqual(await locate(ADDRESS), CITY);
      assert.ok(Date.now() - started < 1500);
      assert.equal(asked.length, 1, 'a failure is not tried again at once');
      respond = json(200, found);
      assert.deepEqual(await locate(ADDRESS), PLACE);
    });
  }

  it('waits no longer for an answer that drips', async () => {
    let timer: NodeJS.Timeout | undefined;
    respond = (res) => {
      res.writeHead(200, { 'content-type': 'application/json' });
      timer = setInterval(() => res.write(' '), 50);
    };
    const started = Date.now();
    assert.deepEqual(await geocoder().locate(ADDRESS), CITY);
    clearInterval(timer);
    assert.ok(Date.now() - started < 1500);
  });

  it('takes a refused address (400) for that address only', async () => {
    const { locate } = geocoder();
    respond = json(400, { error: 'Invalid Request' });
    for (let n = 0; n < 10; n += 1) assert.deepEqual(await locate(numbered(n)), CITY);
    respond = json(200, found);
    assert.deepEqual(await locate(ADDRESS), PLACE);
    assert.equal(asked.length, 11);
  });

  it('leaves a provider that fails alone, says so once, and returns to it by itself', async () => {
    const { locate } = geocoder({ pauseMs: 400 });
    respond = json(500, {});
    for (let n = 0; n < 30; n += 1) assert.deepEqual(await locate(numbered(n)), CITY);
    assert.equal(asked.length, 3, 'the circuit opened on the third failure in a row');
    const [told, ...more] = lines;
    const consequence = 'addresses are placed by their city until the provider answers again';
    assert.deepEqual([told, more], [`warn [GEOCODER] it answered 500; ${consequence}`, []]);
    respond = json(200, found);
    let n = 100;
    await until('the circuit to close', async () => (await locate(numbered((n += 1))))?.lat === PLACE.lat);
    assert.equal(lines.at(-1), 'info [GEOCODER] the provider answers again');
    assert.equal(lines.length, 2);
    assert.deepEqual(await Promise.all([1, 2, 3].map((more) => locate(numbered(1000 + more)))), [PLACE, PLACE, PLACE]);
  });

  it('tries with one question while the others do without', async () => {
    const { locate } = geocoder({ pauseMs: 40, timeoutMs: 5000 });
    respond = json(500, {});
    for (let n = 0; n < 3; n += 1) await locate(numbered(n));
    const held: ServerResponse[] = [];
    respond = (res) => void held.push(res);
    let n = 100;
    const pending: Array<Promise<unknown>> = [];
    await until('the trial', () => {
      pending.push(locate(numbered((n += 1))));
      return held[0];
    });
    const others = await Promise.all([1, 2, 3, 4, 5].map((more) => locate(numbered(1000 + more))));
    assert.deepEqual(others, Array(5).fill(CITY));
    assert.equal(held.length, 1);
    respond = json(200, found);
    json(200, found)(held[0] as ServerResponse, {} as IncomingMessage);
    assert.ok((await Promise.all(pending)).some((place) => (place as typeof PLACE).lat === PLACE.lat));
    assert.deepEqual(await locate(ADDRESS), PLACE);
  });

  it('shows the key to nobody but the provider', async () => {
    respond = json(401, { error: `Invalid key ${KEY}` });
    const { locate } = geocoder();
    for (let n = 0; n < 5; n += 1) await locate(numbered(n));
    // Nobody listens on port 9 of this machine, and what cannot be resolved names the host alone.
    for (const url of ['http://127.0.0.1:9/v1/search', `http://127.0.0.1:9/${encodeURIComponent(KEY)}`]) {
      const down = geocoder({ url });
      for (let n = 0; n < 5; n += 1) assert.deepEqual(await down.locate(numbered(n)), CITY);
    }
    assert.equal(lines.length, 3);
    for (const line of lines) {
      assert.ok(!line.includes(KEY) && !line.includes(encodeURIComponent(KEY)), line);
      assert.ok(!line.includes('Corrientes'), 'addresses are personal data');
    }
  });

  it('is the offline locator without a key', async () => {
    assert.deepEqual(await geocoder({ key: undefined }).locate(ADDRESS), CITY);
    assert.equal(asked.length, 0);
  });
});
