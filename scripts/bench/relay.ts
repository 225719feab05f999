import { startChild } from './child.ts';
import type { BenchOptions } from './options.ts';
import { messagesOf, type Message } from './orders.ts';
import { PRODUCTS } from './options.ts';
import type { Received, SinkJob } from './sink.ts';
import type { Stage } from './stage.ts';
import type { LoopJob } from './undici-loop.ts';

/** Messages a second, first to last, as the sink counted them. */
export interface RelayRound {
  round: number;
  relay: number;
  bare: number;
}

/** As many as the relay keeps under way, so that both put the same load on the sink. */
const CONNECTIONS = 64;

/** The relay with a full outbox, and beside it the same requests in a bare loop, in turns, to the same sink. */
export async function measureRelay(
  stage: Stage, folder: string, env: Record<string, string>, options: BenchOptions, tell: (round: RelayRound) => void,
): Promise<RelayRound[]> {
  await stage.admin.query('TRUNCATE outbox');
  const sink = await startChild<SinkJob, Received>('sink');
  const relay = await startChild<string, number>('service', { env: { ...env, ROLES: 'relay', HUB_URL: sink.address }, logFile: `${folder}/relay.log` });
  const loop = await startChild<LoopJob, number>('undici-loop');
  const messages = makeMessages(options.messages);
  const counted = async (start: () => Promise<unknown>) => {
    await sink.ask('reset');
    const [, { count, seconds }] = await Promise.all([start(), sink.ask({ until: messages.length })]);
    return (count - 1) / seconds;
  };
  const rounds: RelayRound[] = [];
  try {
    for (let round = 0; round <= options.rounds; round += 1) {
      const relayed = await counted(() => fillOutbox(stage, messages));
      await allSettled(stage);
      const bare = await counted(() => loop.ask({ address: sink.address, connections: CONNECTIONS, messages }));
      if (round === 0) continue; // the first warms both up
      rounds.push({ round, relay: relayed, bare });
      tell({ round, relay: relayed, bare });
    }
  } finally {
    await Promise.all([relay.stop(), loop.stop()]);
    await sink.stop();
  }
  return rounds;
}

/** What orders on a thousand products leave behind: a key of its own for each order, and the products' keys in turn. */
const makeMessages = (count: number): Message[] =>
  Array.from({ length: Math.ceil(count / 2) }, (_, n) => messagesOf(`relay-${String(n).padStart(8, '0')}`, 1 + Math.floor(Math.random() * PRODUCTS)))
    .flat()
    .slice(0, count);

/** One commit, then the same NOTIFY that a commit of the service sends. */
async function fillOutbox({ admin }: Stage, messages: readonly Message[]): Promise<void> {
  await admin.query('TRUNCATE outbox');
  await admin.query('BEGIN');
  await admin.query(
    `INSERT INTO outbox (topic, ordering_key, payload, tenant_id)
     SELECT topic, key, payload::json, 1 FROM unnest($1::text[], $2::text[], $3::text[]) WITH ORDINALITY AS m(topic, key, payload, position) ORDER BY position`,
    [messages.map((m) => m.topic), messages.map((m) => m.key), messages.map((m) => m.payload)],
  );
  await admin.query(`SELECT pg_notify('outbox', 'hub')`);
  await admin.query('COMMIT');
}

/** @throws Error when a message that reached the sink is not marked as published within ten seconds. */
async function allSettled({ admin }: Stage): Promise<void> {
  for (let tries = 0; tries < 100; tries += 1) {
    const { rows } = await admin.query<{ pending: number }>(`SELECT count(*)::int AS pending FROM outbox WHERE state <> 'published'`);
    if (rows[0]?.pending === 0) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error('the relay sent every message and did not mark them all as published');
}
