import type { z } from 'zod';
import { notFound } from '../../../kernel/errors.ts';
import { locating, sameAddress, type Located } from '../../../kernel/geocoding/index.ts';
import type { ModuleDeps } from '../../module.ts';
import type { Tenant } from './read-model.ts';
import { lockTenant, refuseNamesake, updateTenant } from './repository.ts';
import {
  applyChanges,
  changesBetween,
  differs,
  saying,
  type TenantAddress,
} from './rules.ts';
import type { tenantChangesBody } from './schemas.ts';
import { tenantActualizado } from './topics.ts';

type Deps = Pick<ModuleDeps, 'commands' | 'database' | 'geocoder'>;
type Changes = z.output<typeof tenantChangesBody>;
type Fields = Omit<Changes, 'ubicacion' | 'direccion_fiscal'>;
type Outcome = { tenant: Tenant; moved: boolean } | { locate: TenantAddress };

/**
 * Changes a tenant and announces what changed.
 * @returns the whole tenant with a message. @throws AppError 404, 409 for another's organization or a contested address.
 */
export async function change(deps: Deps, tenantId: number, body: Changes): Promise<Tenant & { message: string }> {
  const { ubicacion: _flat, direccion_fiscal: _too, ...fields } = body;
  await deps.database.transaction('system', (trx) => refuseNamesake(trx, fields.organization_id, tenantId));
  const { tenant, moved } = await locating(deps.geocoder, (located: Located<TenantAddress> | undefined) =>
    attempt(deps, tenantId, fields, located),
  );
  return { ...tenant, message: moved ? saying('Cambios guardados.', tenant) : 'Cambios guardados.' };
}

/** Writes nothing when an address has to be located first. */
const attempt = (
  { commands }: Deps, tenantId: number, fields: Fields, located: Located<TenantAddress> | undefined,
): Promise<Outcome> =>
  commands.run({ tenantId }, async (work): Promise<Outcome> => {
    const before = await lockTenant(work.trx, tenantId);
    if (before === undefined) throw notFound('El negocio no existe.');
    let after = applyChanges(before, fields);
    const moved = !sameAddress(before, after);
    if (moved) {
      if (located === undefined || !sameAddress(located.address, after)) return { locate: after };
      after = { ...after, lat: located.place?.lat ?? null, lon: located.place?.lon ?? null };
    }
    if (!differs(before, after)) return { tenant: before, moved };
    const tenant = await updateTenant(work.trx, after, work.now);
    const cambios = changesBetween(before, tenant);
    if (cambios) work.publish(tenantActualizado, { tenant_id: tenantId, cambios, timestamp: work.now.toISOString() });
    return { tenant, moved };
  });
