import type { Work } from '../../../events/work.ts';
import { badRequest, notFound, type AppError } from '../../../kernel/errors.ts';
import { locating } from '../../../kernel/geocoding/index.ts';
import type { ModuleDeps } from '../../module.ts';
import { decideChange, type Decision, type SellerChanges } from './changes.ts';
import { findSeller, type Comercio } from './read-model.ts';
import { archiveSeller, insertSeller, lockSeller, setHours, updateSeller } from './repository.ts';
import { daysOf, type DayHours, type SellerAddress } from './rules.ts';
import { MISSING_PART } from './schemas.ts';
import { comercioActualizado, comercioCreado } from './topics.ts';

/** A seller as it is after an action, and what to tell whoever took it. */
export interface Saved {
  comercio: Comercio;
  message: string;
}

export interface NewSeller extends SellerAddress {
  nombre: string;
  horarios: readonly DayHours[];
}

const UNPLACED = 'No encontramos la dirección en el mapa: quedó guardada sin ubicación.';

/** Stores a seller and announces it; an address that is not found is stored without its place. */
export async function createSeller(deps: ModuleDeps, tenantId: number, seller: NewSeller): Promise<Saved> {
  const { commands, geocoder } = deps;
  const { horarios, ...record } = seller;
  const place = seller.calle === null ? undefined : await geocoder.locate(addressOf(seller));
  const { lat = null, lon = null } = place ?? {};
  const comercio = await commands.run({ tenantId }, async (work) => {
    const comercioId = await insertSeller(work.trx, tenantId, { ...record, lat, lon }, work.now);
    await setHours(work.trx, tenantId, comercioId, horarios);
    const created = await sellerNow(work, tenantId, comercioId);
    const { direccion: _direccion, horarios: _horarios, ...announced } = created;
    work.publish(comercioCreado, { comercio: announced, timestamp: work.now.toISOString() });
    return created;
  });
  const unplaced = seller.calle !== null && place === undefined;
  return { comercio, message: unplaced ? `Comercio creado. ${UNPLACED}` : 'Comercio creado.' };
}

/**
 * Changes what is asked for on the seller as it is when it is held, and announces what changed.
 * @throws AppError 400 for half an address, 404 when it is not there any more, 409 when others keep moving it.
 */
export const changeSeller = (
  { commands, geocoder }: ModuleDeps, tenantId: number, comercioId: number, asked: SellerChanges,
): Promise<Saved> =>
  locating<SellerAddress, Saved>(geocoder, (located) =>
    commands.run({ tenantId }, async (work) => {
      const current = await heldSeller(work, tenantId, comercioId);
      const decision = decideChange(current, asked, located);
      if (decision.kind === 'locate') return { locate: decision.address };
      if (decision.kind === 'incomplete') throw incomplete(decision.missing);
      if (decision.kind === 'same') return { comercio: current, message: 'No había nada que cambiar.' };
      return writeChange(work, current, decision);
    }),
  );

type Changed = Extract<Decision, { kind: 'changed' }>;

async function writeChange(
  work: Work, { tenant_id, comercio_id }: Comercio, { seller, cambios, unplaced }: Changed,
): Promise<Saved> {
  await updateSeller(work.trx, tenant_id, comercio_id, seller);
  if (cambios.horarios) await setHours(work.trx, tenant_id, comercio_id, daysOf(cambios.horarios));
  const timestamp = work.now.toISOString();
  work.publish(comercioActualizado, { seller_id: comercio_id, tenant_id, cambios, timestamp });
  const comercio = await sellerNow(work, tenant_id, comercio_id);
  return { comercio, message: unplaced ? `Comercio actualizado. ${UNPLACED}` : 'Comercio actualizado.' };
}

/**
 * Takes a seller out of the shop and keeps its history: orders and sales stay in reports, open orders can still be
 * moved and give their stock back. @throws AppError 404 when it is not there any more.
 */
export const removeSeller = (deps: ModuleDeps, tenantId: number, comercioId: number): Promise<Comercio> =>
  deps.commands.run({ tenantId }, async (work) => {
    const seller = await heldSeller(work, tenantId, comercioId);
    await archiveSeller(work.trx, tenantId, comercioId, work.now);
    return seller;
  });

async function heldSeller(work: Work, tenantId: number, comercioId: number): Promise<Comercio> {
  if (!(await lockSeller(work.trx, tenantId, comercioId))) throw notFound('El comercio no existe.');
  return sellerNow(work, tenantId, comercioId);
}

/** A seller that this transaction holds or wrote. */
const sellerNow = async (work: Work, tenantId: number, comercioId: number): Promise<Comercio> =>
  (await findSeller(work.trx, tenantId, comercioId)) as Comercio;

const addressOf = ({ calle, numero, ciudad, provincia, codigo_postal }: SellerAddress): SellerAddress => ({
  calle, numero, ciudad, provincia, codigo_postal,
});

function incomplete(missing: readonly string[]): AppError {
  const errors = missing.map((part) => `${part}: ${MISSING_PART}`);
  return badRequest(`Hay datos que corregir. ${errors.join(' ')}`, errors);
}
