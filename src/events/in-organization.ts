import { findOrganizations, type Organization } from '../kernel/organizations.ts';
import { done, undeliverable, type Outcome } from './outcome.ts';
import type { Work } from './work.ts';

interface OfOrganization {
  organization_id: string;
  data: object;
}

/** The organizations of these messages by their names; asked once for all. */
async function organizationsOf(
  work: Work, payloads: ReadonlyArray<{ organization_id: string }>,
): Promise<Map<string, Organization>> {
  const names = [...new Set(payloads.map(({ organization_id }) => organization_id))];
  const found = await findOrganizations(work.trx, names);
  return new Map(found.map((organization) => [organization.organizationId, organization]));
}

/** The organization that its data name, where that is another one than the envelope's. Of what has neither, none. */
export function otherInside(payload: unknown): string | undefined {
  const { organization_id: named, data } = payload as Partial<OfOrganization>;
  if (named === undefined || typeof data !== 'object' || data === null || !('organization_id' in data)) return undefined;
  const inside = data.organization_id as string | undefined;
  return inside === named ? undefined : inside;
}

/** Why a message is for nobody here; undefined when it is for one of our tenants. */
export function refuseStranger(
  { organization_id, data }: OfOrganization, organizations: ReadonlyMap<string, Organization>,
): Outcome | undefined {
  if (!organizations.has(organization_id)) {
    return undeliverable('organizacion_desconocida', `ningún negocio tiene la organización ${organization_id}`);
  }
  const inside = otherInside({ organization_id, data });
  if (inside === undefined) return undefined;
  return undeliverable(
    'organizacion_distinta',
    `el mensaje es de ${organization_id} y sus datos de ${inside}; corrija uno de los dos`,
  );
}

/** A handler of one message for an organization of ours. */
export const inOrganization =
  <Payload extends OfOrganization>(handle: (payload: Payload, work: Work, organization: Organization) => Promise<Outcome>) =>
  async (payload: Payload, work: Work): Promise<Outcome> => {
    const organizations = await organizationsOf(work, [payload]);
    const stranger = refuseStranger(payload, organizations);
    return stranger ?? handle(payload, work, organizations.get(payload.organization_id) as Organization);
  };

/** What tells less than is known already: kept, and nothing changes. */
export const outdated = (what: string): Outcome =>
  done({ code: 'atrasado', message: `ya se conoce un estado más nuevo de ${what}; no cambia nada` });
