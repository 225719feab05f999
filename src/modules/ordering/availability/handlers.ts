import { outdated, refuseStranger } from '../../../events/in-organization.ts';
import { done, type Outcome } from '../../../events/outcome.ts';
import { subscribe, type AnySubscription, type Received } from '../../../events/registry.ts';
import type { Topic } from '../../../events/topic.ts';
import { StaleRead, type Work } from '../../../events/work.ts';
import { INVENTORY_QUEUE, SUBSCRIBER, type Notice, type OrderingDeps } from '../ports.ts';
import {
  readCustomers, readShelves, writeMarks, writeReached, writeShelves, type NamedVariant, type StockPicture,
} from './repository.ts';
import { decideStock, grouped, variantKey, zeroInPlay, type StockDecision, type Told } from './rules.ts';
import { stockDepleted, stockUpdated, type StockDepleted, type StockUpdated } from './topics.ts';

type Deps = Pick<OrderingDeps, 'notify' | 'cache'>;
type Said = Omit<Told, 'tenantId'>;

const shelfOf = ({ timestamp, data }: StockUpdated | StockDepleted) => ({
  variantId: data.variant_id,
  warehouseId: data.warehouse_id,
  asOf: new Date(timestamp),
});

const saidByUpdate = (message: StockUpdated): Said => {
  const { quantities: { available, ...figures }, previous_quantities: previous } = message.data;
  return { ...shelfOf(message), available, figures, previous: previous.available };
};

const saidByDepletion = (message: StockDepleted): Said => ({ ...shelfOf(message), available: 0 });

export const stockSubscriptions = (deps: Deps): AnySubscription[] => [
  stockSubscription(deps, stockUpdated, saidByUpdate),
  stockSubscription(deps, stockDepleted, saidByDepletion),
];

/** A hot path: what has arrived together is read, decided and written as one set. */
const stockSubscription = <Payload extends StockUpdated | StockDepleted>(
  deps: Deps, topic: Topic<Payload>, said: (payload: Payload) => Said,
): AnySubscription =>
  subscribe<Payload, StockPicture>({
    subscriber: SUBSCRIBER,
    queue: INVENTORY_QUEUE,
    topic,
    touches: ({ organization_id, data }) => [`existencia:${organization_id}:${data.variant_id}`],
    read: (payloads, work) =>
      readStockPicture(payloads.map((payload) => ({ ...nameOf(payload), said: said(payload) })), work),
    handleBatch: (events, picture, work) => keepStock(deps, events, said, picture, work),
  });

const nameOf = ({ organization_id, data }: StockUpdated | StockDepleted): NamedVariant => ({
  organizationId: organization_id,
  variantId: data.variant_id,
});

/** One statement for most batches: only where a shelf gets empty, or fills again, there is a customer to look for. */
async function readStockPicture(
  messages: ReadonlyArray<NamedVariant & { said: Said }>, work: Work,
): Promise<StockPicture> {
  const picture = await readShelves(work.trx, messages, work.locked);
  const turning = messages.flatMap(({ organizationId, said }) => {
    const tenantId = picture.organizations.get(organizationId)?.tenantId;
    if (tenantId === undefined) return [];
    const told = { ...said, tenantId };
    return zeroInPlay(told, picture.variants.get(variantKey(told))?.shelves) ? [told] : [];
  });
  const wanted = [...new Map(turning.map((told) => [variantKey(told), told])).values()];
  if (wanted.length > 0) await readCustomers(work, picture, wanted);
  return picture;
}

function keepStock<Payload extends StockUpdated | StockDepleted>(
  deps: Deps, events: ReadonlyArray<Received<Payload>>, said: (payload: Payload) => Said,
  { organizations, variants }: StockPicture, work: Work,
): Outcome[] {
  const outcomes: Array<Outcome | undefined> = events.map(({ payload }) => refuseStranger(payload, organizations));
  const ours = events.map(({ payload }) => payload).filter((_, index) => outcomes[index] === undefined);
  const messages = ours.map((payload): Told => {
    const { tenantId } = organizations.get(payload.organization_id) as { tenantId: number };
    return { ...said(payload), tenantId };
  });
  const decision = decideStock(messages, variants);
  refuseGuess(decision, work);
  writeDecision(deps, decision, work);
  const verdicts = decision.applied.values();
  return outcomes.map((outcome, index) => {
    if (outcome !== undefined) return outcome;
    return verdicts.next().value ? done() : outdated(whatOf(events[index] as Received<Payload>));
  });
}

const whatOf = ({ payload: { data } }: Received<StockUpdated | StockDepleted>): string =>
  `la variante ${data.variant_id} en el depósito ${data.warehouse_id}`;

/**
 * Where a shelf is written, whoever wrote it meanwhile is noticed. A message that comes late writes none: who is told
 * because of it is decided again with the shelves locked.
 */
function refuseGuess({ applied, items, reached, notices }: StockDecision, { locked }: Work): void {
  if (locked || applied.every(Boolean) || items.length + reached.length + notices.length === 0) return;
  throw new StaleRead('customers are told of shelves that nobody holds');
}

function writeDecision({ notify, cache }: Deps, { shelves, items, reached, notices }: StockDecision, work: Work): void {
  const { trx, now } = work;
  for (const [tenantId, ofTenant] of grouped(shelves, (shelf) => shelf.tenantId)) {
    const keys = ofTenant.map(({ variantId, warehouseId }) => `stock:availability:${variantId}:${warehouseId}`);
    cache.forget(work, tenantId, keys);
  }
  for (const [tenantId, ofTenant] of grouped(notices, (one) => one.tenantId)) {
    notify(work, tenantId, ofTenant.map(({ notice }): Notice => notice));
  }
  if (items.length > 0) work.write(() => writeMarks(trx, items));
  if (reached.length > 0) work.write(() => writeReached(trx, reached, now));
  if (shelves.length > 0) work.writeLast(() => writeShelves(trx, shelves)); // whoever reserves waits for these rows
}
