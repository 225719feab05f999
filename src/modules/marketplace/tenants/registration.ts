import { created, endpoint, type Endpoint } from '../../../kernel/rest/endpoint.ts';
import { limited } from '../../../kernel/rest/limits.ts';
import type { ModuleDeps } from '../../module.ts';
import { createAccounts } from '../access.ts';
import { insertTenant, nextTenantId, refuseNamesake } from './repository.ts';
import { announcementOf, defaultOrganization, saying } from './rules.ts';
import { registrationAnswer, registrationBody } from './schemas.ts';
import { tenantCreado } from './topics.ts';

/** Section 2.2 of the REST contract: the tenant, its first admin, their session and the announcement, or nothing. */
export function register(deps: ModuleDeps): Endpoint {
  const { config, database, commands, geocoder, limits } = deps;
  const accounts = createAccounts(deps);
  return endpoint({
    method: 'post',
    path: '/api/auth/register-tenant',
    tag: 'Negocios',
    summary: 'Registrar un negocio y su administrador',
    description: 'Una dirección que no se encuentra se guarda sin coordenadas, y el mensaje lo dice.',
    before: [limited(limits.register)],
    body: registrationBody,
    example: {
      nombre: 'Mi Negocio',
      razon_social: 'Mi Negocio S.A.',
      cuenta_bancaria: '1234567890123456789012',
      email: 'ana@ejemplo.com',
      telefono: '1155550000',
      nombre_usuario: 'Ana',
      password: 'secreto1',
      calle: 'Av. Corrientes',
      numero: '1234',
      ciudad: 'Buenos Aires',
      provincia: 'CABA',
      codigo_postal: '1043',
    },
    answers: { 201: registrationAnswer },
    problems: [409],
    async handle({ body: { nombre_usuario: nombre, password, ubicacion: _u, direccion_fiscal: _d, ...fields } }) {
      const [passwordHash, place] = await Promise.all([accounts.hashPassword(password), geocoder.locate(fields)]);
      const tenantId = await database.transaction('system', async (trx) => {
        await refuseNamesake(trx, fields.organization_id);
        return nextTenantId(trx);
      });
      const fresh = {
        ...fields,
        tenant_id: tenantId,
        organization_id: fields.organization_id ?? defaultOrganization(tenantId),
        sitio_web: fields.sitio_web ?? null,
        instagram: fields.instagram ?? null,
        preparacion: config.DEFAULT_PREPARATION,
        lat: place?.lat ?? null,
        lon: place?.lon ?? null,
      };
      const { account, tokens } = await commands.run({ tenantId }, async (work) => {
        const tenant = await insertTenant(work.trx, fresh, work.now);
        const { email } = tenant;
        const usuarioId = await accounts.create(work.trx, { tenantId, nombre, email, passwordHash, rol: 'admin' });
        work.publish(tenantCreado, announcementOf(tenant, work.now));
        return accounts.signIn(work.trx, tenantId, usuarioId);
      });
      return created({
        success: true as const,
        message: saying('Negocio registrado.', fresh),
        user: { usuario_id: account.usuarioId, nombre: account.nombre, email: account.email, rol: account.rol },
        tenant_id: tenantId,
        tokens,
        ...tokens,
      });
    },
  });
}
