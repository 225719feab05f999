import assert from 'node:assert/strict';
import { ConfigError, readConfig } from '../../src/config.ts';

/** Each problem's variable, in the order in which they are told. */
function problemsOf(env: Record<string, string>): string[] {
  try {
    readConfig(env);
    return [];
  } catch (error) {
    assert.ok(error instanceof ConfigError);
    return [...error.message.matchAll(/^ {2}- ([A-Z_]+)/gm)].map(([, name]) => name as string);
  }
}

const PRODUCTION = {
  NODE_ENV: 'production',
  DATABASE_URL: 'postgres://u:p@db:5432/m',
  HUB_URL: 'https://hub.deliver.ar',
  HUB_PASSWORD: 'p',
  JWT_SECRET: 'x'.repeat(32),
  CALLBACK_URL: 'https://market.example/callback',
};

describe('readConfig', () => {
  it('checks the address of a geocoder', () => {
    assert.deepEqual(problemsOf({ GEOCODER_KEY: 'k', GEOCODER_URL: 'locationiq' }), ['GEOCODER_URL']);
    assert.equal(readConfig({ GEOCODER_URL: '' }).GEOCODER_URL, undefined);
  });

  it('needs nothing in development, and takes an empty variable as an unset one', () => {
    const config = readConfig({ PORT: '', HUB_SECRET: '', DATABASE_URL: '' });
    assert.deepEqual(
      [config.PORT, config.HUB_SECRET, config.DATABASE_URL, config.production, config.PUBLISH_REJECTIONS, config.DEFAULT_PREPARATION, config.ROLES],
      [3000, [], undefined, false, false, 'manual', ['web', 'relay', 'consumers', 'jobs']],
    );
    assert.deepEqual([config.PARK_TTL, config.BALANCE_TIMEOUT_MS, config.HUB_MAX_MESSAGE_BYTES], [7 * 86_400_000, 30_000, 1_048_576]);
  });

  it('names everything that production lacks at once', () => {
    assert.deepEqual(problemsOf({ NODE_ENV: 'production' }), ['DATABASE_URL', 'HUB_URL', 'HUB_PASSWORD', 'JWT_SECRET', 'CALLBACK_URL']);
    assert.deepEqual(problemsOf({ ...PRODUCTION, HUB_PASSWORD: '', JWT_SECRET: 'short' }), ['JWT_SECRET', 'HUB_PASSWORD']);
    assert.equal(readConfig(PRODUCTION).production, true);
  });

  it('names everything that is wrong at once', () => {
    const wrong = {
      PORT: '70000', HOST: 'x', DATABASE_URL: 'mysql://x', DATABASE_POOL: '1', HUB_URL: 'ftp://x', HUB_SIMULATOR_PORT: '-1', CALLBACK_TOKEN: 'short',
      CALLBACK_URL: 'nowhere', TRUST_PROXY: 'yes', MAX_BODY_BYTES: '10', HUB_MAX_MESSAGE_BYTES: 'many', JWT_SECRET: 'x', DEFAULT_PREPARATION: 'auto',
      MODULES: 'marketplace,nothing', ROLES: 'web,nothing', BALANCE_TIMEOUT_MS: '0', PARK_TTL: '7 days', PUBLISH_REJECTIONS: 'si', LOG_LEVEL: 'loud',
    };
    assert.deepEqual(problemsOf(wrong).sort(), Object.keys(wrong).filter((name) => name !== 'HOST').sort());
    assert.throws(() => readConfig({ PORT: 'abc' }), /PORT/);
    assert.throws(() => readConfig({ PORT: '1.5' }), /PORT/);
  });

  it('reads durations with their unit', () => {
    const read = (PARK_TTL: string) => readConfig({ PARK_TTL }).PARK_TTL;
    assert.deepEqual(['500ms', '30s', '5m', '2h', '7d', '0s'].map(read), [500, 30_000, 300_000, 7_200_000, 604_800_000, 0]);
    for (const bad of ['7', 's', '-1s', '1.5h', '1w', '1 s', '1S', '٣s']) assert.deepEqual(problemsOf({ PARK_TTL: bad }), ['PARK_TTL'], bad);
  });

  it('gives a checkout up before its reservation ends', () => {
    assert.equal(readConfig({}).CHECKOUT_DEADLINE, 300_000);
    assert.equal(readConfig({ RESERVATION_TTL: '30s' }).CHECKOUT_DEADLINE, 10_000);
    assert.equal(readConfig({ CHECKOUT_DEADLINE: '2m' }).CHECKOUT_DEADLINE, 120_000);
    for (const CHECKOUT_DEADLINE of ['15m', '1h', 'soon']) assert.deepEqual(problemsOf({ CHECKOUT_DEADLINE }), ['CHECKOUT_DEADLINE']);
  });

  it('reads lists and flags', () => {
    assert.deepEqual(readConfig({ HUB_SECRET: ' new , old ,' }).HUB_SECRET, ['new', 'old']);
    assert.deepEqual(['true', '1', 'false', '0'].map((value) => readConfig({ TRUST_PROXY: value }).TRUST_PROXY), [true, true, false, false]);
    assert.deepEqual([readConfig({ ROLES: 'web, jobs' }).ROLES, readConfig({ ROLES: 'all' }).ROLES.length], [['web', 'jobs'], 4]);
  });

  it('takes a context by its name, or a part of one', () => {
    assert.deepEqual(readConfig({ MODULES: 'ordering, customers' }).MODULES, ['ordering', 'customers']);
    assert.deepEqual(readConfig({ MODULES: 'orders-api' }).MODULES, ['orders-api.orders', 'orders-api.inventory', 'orders-api.payments', 'orders-api.notifications']);
    assert.deepEqual(readConfig({ MODULES: 'checkout.users' }).MODULES, ['checkout.users']);
    assert.deepEqual(['orders', 'checkout.', 'marketplace,none'].map((MODULES) => problemsOf({ MODULES })), [['MODULES'], ['MODULES'], ['MODULES']]);
  });

  it('never repeats a secret in what it says', () => {
    for (const [name, value] of [['JWT_SECRET', 'geheim'], ['CALLBACK_TOKEN', 'geheim'], ['DATABASE_URL', 'mysql://u:geheim@h/d']] as const) {
      assert.throws(() => readConfig({ [name]: value }), (error: Error) => !error.message.includes('geheim'));
    }
  });
});
