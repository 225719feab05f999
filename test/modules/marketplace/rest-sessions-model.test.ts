import assert from 'node:assert/strict';
import fc from 'fast-check';
import { openRestApp, registerTenant, type RestApp, type SignedIn } from './rest-support.ts';

const SECOND = 1000;
const HOUR = 3600 * SECOND;
const DAY = 24 * HOUR;

/** What the contract promises of one session, kept beside the service and sharing no code with it. */
interface ModelSession {
  since: number;
  ended: boolean;
  refresh: Array<{ text: string; made: number; firstUse?: number }>;
  access: Array<{ text: string; made: number }>;
}

type Step =
  | { kind: 'logIn' }
  | { kind: 'wait'; ms: number }
  | { kind: 'refresh' | 'use' | 'logOut'; session: number; token: number };

const ofAToken = (kind: 'refresh' | 'use' | 'logOut') =>
  fc.record({ kind: fc.constant(kind), session: fc.nat(20), token: fc.nat(20) });
const whiles = fc.constantFrom(1, 59 * SECOND, 60 * SECOND, 8 * HOUR, 6 * DAY, 7 * DAY);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 2, arbitrary: fc.constant({ kind: 'logIn' as const }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('wait' as const), ms: whiles }) },
  { weight: 8, arbitrary: ofAToken('refresh') },
  { weight: 3, arbitrary: ofAToken('use') },
  { weight: 1, arbitrary: ofAToken('logOut') },
);

describe('REST: sessions, whatever happens in whatever order', () => {
  let app: RestApp;
  let admin: SignedIn;
  let sessions: ModelSession[];

  before(async () => {
    app = await openRestApp();
    admin = await registerTenant(app);
  });
  after(() => app.close());

  const now = () => app.time.now.getTime();
  const expiry = ({ made }: { made: number }, { since }: ModelSession) => Math.min(made + 7 * DAY, since + 90 * DAY);
  const remember = (session: ModelSession, body: { accessToken: string; refreshToken: string }) => {
    session.refresh.push({ text: body.refreshToken, made: now() });
    session.access.push({ text: body.accessToken, made: now() });
  };

  const logIn = async () => {
    const credentials = { email: admin.email, password: 'secreto1' };
    const { body } = await app.agent.post('/api/auth/login').send(credentials).expect(200);
    const session: ModelSession = { since: now(), ended: false, refresh: [], access: [] };
    remember(session, body);
    sessions.push(session);
  };

  const refresh = async (session: ModelSession, token: ModelSession['refresh'][number]) => {
    const { status, body } = await app.agent.post('/api/auth/refresh').send({ refreshToken: token.text });
    const stolen = token.firstUse !== undefined && now() >= token.firstUse + 60 * SECOND;
    if (session.ended || stolen || now() >= expiry(token, session)) {
      assert.equal(status, 401);
      session.ended ||= stolen;
      return;
    }
    assert.equal(status, 200);
    if (token.firstUse === undefined) {
      assert.ok(!session.refresh.some(({ text }) => text === body.refreshToken), 'a fresh token');
      remember(session, body);
      token.firstUse = now();
    } else {
      assert.equal(body.refreshToken, session.refresh.at(-1)?.text, 'the one that others were given');
      session.access.push({ text: body.accessToken, made: now() });
    }
  };

  const use = async (session: ModelSession, token: ModelSession['access'][number]) => {
    const seconds = (ms: number) => Math.floor(ms / SECOND);
    const newest = session.refresh.at(-1) as ModelSession['refresh'][number];
    const good = !session.ended && seconds(now()) - seconds(token.made) < 8 * 3600 && now() < expiry(newest, session);
    await app.agent.get('/api/sellers').set('Authorization', `Bearer ${token.text}`).expect(good ? 200 : 401);
  };

  const run = async (one: Step) => {
    if (one.kind === 'logIn') return logIn();
    if (one.kind === 'wait') return void (app.time.now = new Date(now() + one.ms));
    const session = sessions[one.session % sessions.length] as ModelSession;
    const pick = <T>(all: readonly T[]) => all[one.token % all.length] as T;
    if (one.kind === 'use') return use(session, pick(session.access));
    if (one.kind === 'refresh') return refresh(session, pick(session.refresh));
    await app.agent.post('/api/auth/logout').send({ refreshToken: pick(session.refresh).text }).expect(200);
    session.ended = true;
  };

  it('answers as the model says', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 25 }), async (steps) => {
        app.time.now = new Date();
        sessions = [];
        await logIn();
        for (const one of steps) await run(one);
        for (const session of sessions) for (const token of session.access) await use(session, token);
      }),
      { numRuns: 40 },
    );
  });
});
