import type { Work } from '../../../events/work.ts';
import { conflict } from '../../../kernel/errors.ts';
import { pesos } from '../../../kernel/es-ar.ts';
import type { Cents } from '../../../kernel/money.ts';
import type { CustomersDeps } from '../ports.ts';
import { unknownCustomer } from '../profiles/read-model.ts';
import { findSettings } from '../settings/read-model.ts';
import { findDone, readCredit, writeCredit } from './repository.ts';
import { pay, setLimit, use, type Credit, type CreditEntry } from './rules.ts';

type Deps = Pick<CustomersDeps, 'commands' | 'lockCustomer'>;

interface Owner {
  tenantId: number;
  customerId: string;
}

/** What a person asks for, by a name of their own: the same name is done once. */
export interface Asked extends Owner {
  /** used: of the credit; adjusted: given back, as if paid. */
  kind: 'used' | 'adjusted';
  amountCents: Cents;
  reference: string;
  note?: string;
}

/** @returns false when it had been done before. @throws AppError 404, 409 */
export const moveCredit = (deps: Deps, asked: Asked): Promise<boolean> =>
  inAccount(deps, asked, async (work, credit) => {
    const { tenantId, customerId, kind, amountCents } = asked;
    const before = await findDone(work.trx, tenantId, customerId, asked);
    if (before === amountCents) return false;
    if (before !== undefined) {
      throw conflict(`La referencia ${asked.reference} ya se usó con otro importe: ${pesos(before)}. Usá una nueva.`, 'referencia_usada');
    }
    const entry = kind === 'used' ? await useOrRefuse(work, credit, asked) : pay(credit, amountCents, 'adjusted');
    await writeCredit(work, tenantId, customerId, entry, asked);
    return true;
  });

async function useOrRefuse({ trx }: Work, credit: Credit, { tenantId, amountCents }: Asked): Promise<CreditEntry> {
  const { settings } = await findSettings(trx, tenantId);
  const used = use(credit, amountCents, settings.creditLimitCents);
  if ('after' in used) return used;
  throw conflict(
    `No alcanza el crédito: se piden ${pesos(amountCents)} y hay ${pesos(used.availableCents)} disponibles.`,
    'credito_insuficiente',
  );
}

/** Setting the limit it has is no change. @throws AppError 404 */
export const changeLimit = (deps: Deps, owner: Owner, limitCents: Cents | null, note?: string): Promise<void> =>
  inAccount(deps, owner, async (work, credit) => {
    if (credit.limitCents === limitCents) return;
    await writeCredit(work, owner.tenantId, owner.customerId, setLimit(credit, limitCents), { note });
  });

/** Under the customer's lock. */
const inAccount = <T>({ commands, lockCustomer }: Deps, { tenantId, customerId }: Owner, change: (work: Work, credit: Credit) => Promise<T>) =>
  commands.run({ tenantId }, async (work) => {
    if (!(await lockCustomer(work, tenantId, customerId))) throw unknownCustomer();
    return change(work, await readCredit(work.trx, tenantId, customerId));
  });
