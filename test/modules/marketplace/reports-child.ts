/**
 * Answers one question about reports in a process of its own, and says by how much its memory grew at most. What was
 * answered stays in the outbox, or is thrown away piece by piece.
 */
import { createDispatcher } from '../../../src/events/dispatcher.ts';
import { noProbe } from '../../../src/events/probe.ts';
import { createRegistry } from '../../../src/events/registry.ts';
import { openDatabase } from '../../../src/kernel/database.ts';
import { createLogger } from '../../../src/kernel/logger.ts';
import { createPageReader } from '../../../src/modules/marketplace/reports/cursor.ts';
import {
  asCsv,
  asJson,
  ivaReport,
  ventasReport,
  type OrderRow,
} from '../../../src/modules/marketplace/reports/export.ts';
import { reportsModule } from '../../../src/modules/marketplace/reports/index.ts';
import type { ModuleDeps } from '../../../src/modules/module.ts';

export interface Question {
  databaseUrl: string;
  tenantId: number;
  ask: 'ventas.mes' | 'iva.pedido' | 'json' | 'csv';
  desde: string;
  hasta: string;
}

export interface Cost {
  /** Bytes by which what heap and buffers held stood above their start at the worst moment seen. */
  growth: number;
  /** Bytes that passed through this process. */
  streamed: number;
  /** The longest time, in ms, that the event loop did not get a turn. */
  blocked: number;
}

const used = () => {
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
};

async function answer({ databaseUrl, tenantId, ask, desde, hasta }: Question): Promise<Cost> {
  const database = openDatabase(databaseUrl, { max: 3, onError: () => undefined });
  const log = createLogger('error');
  const clock = () => new Date();
  const registry = createRegistry();
  const config = { HUB_MAX_MESSAGE_BYTES: 1_048_576, JWT_SECRET: 'a secret of at least thirty-two bytes' };
  const deps = { config, database, log, clock } as unknown as ModuleDeps;
  for (const one of reportsModule(deps).subscriptions ?? []) registry.add(one);
  const dispatcher = createDispatcher(database, {
    registry,
    log,
    clock,
    probe: noProbe,
    parkTtlMs: 1,
    metrics: { settled: () => undefined },
  });
  const readPages = createPageReader(database);

  const run = async (from: string, to: string): Promise<number> => {
    if (ask === 'ventas.mes' || ask === 'iva.pedido') {
      const payload = { fechaDesde: from, fechaHasta: to };
      const delivery = {
        source: 'hub' as const,
        subscriber: 'marketplace',
        organization: '',
        receivedTopic: ask,
        raw: '{}',
        payload,
        traceId: ask,
      };
      const { state } = await dispatcher.receive(delivery);
      if (state !== 'done') throw new Error(state);
      return 0;
    }
    const report = ask === 'json' ? ventasReport : ivaReport;
    const pages = readPages<OrderRow>(tenantId, report.sql, [from, to, tenantId, null]);
    let [bytes, pieces] = [0, 0];
    for await (const piece of ask === 'json' ? asJson(pages, { desde: from, hasta: to }) : asCsv(pages, report)) {
      bytes += Buffer.byteLength(piece);
      pieces += 1;
      if (pieces % 16 === 0) look();
    }
    return bytes;
  };

  let peak = 0;
  const look = () => {
    global.gc?.(); // what is garbage already is not held
    peak = Math.max(peak, used());
  };
  await run('1999-01-01', '1999-01-01'); // code and connections are there
  look();
  const start = peak;
  let [blocked, last] = [0, performance.now()];
  const watch = setInterval(() => {
    if (ask.includes('.')) peak = Math.max(peak, used()); // nothing of the answer is here, so not even garbage
    blocked = Math.max(blocked, performance.now() - last);
    last = performance.now();
  }, 1);
  const streamed = await run(desde, hasta);
  clearInterval(watch);
  await database.close();
  return { growth: peak - start, streamed, blocked };
}

process.once('message', (question: Question) => {
  void answer(question).then((cost) => process.send?.(cost, () => process.exit(0)));
});
process.on('disconnect', () => process.exit(1));
