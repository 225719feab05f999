import { z } from 'zod';
import { notFound } from '../../../kernel/errors.ts';
import type { Place } from '../../../kernel/geocoding/index.ts';
import { created, endpoint, ok, type Endpoint } from '../../../kernel/rest/endpoint.ts';
import { pathId } from '../../../kernel/rest/schemas.ts';
import type { ModuleDeps } from '../../module.ts';
import { access, type AuthUser, type Guard } from '../access.ts';
import { changeSeller, createSeller, removeSeller } from './actions.ts';
import { countSellers, findSeller, listSellers, sellersNear, type Only } from './read-model.ts';
import { archivedSellerAnswer, newSellerBody, savedSellerAnswer, sellerAnswer, sellerChangesBody } from './schemas.ts';
import { sellersAnswer, sellersQuery } from './schemas.ts';

const tag = 'Comercios';
const success = true as const;
const oneSeller = z.object({ id: pathId() });

/** Section 4 of the REST contract. */
export const sellerEndpoints = (deps: ModuleDeps): Endpoint[] => {
  const guard = access(deps);
  return [list(deps, guard), create(deps, guard), detail(deps, guard), change(deps, guard), remove(deps, guard)];
};

const list = (deps: ModuleDeps, guard: Guard): Endpoint =>
  endpoint({
    method: 'get',
    path: '/api/sellers',
    tag,
    summary: 'Los comercios del negocio, o los que están cerca de un lugar',
    description:
      'Todos los comercios que el usuario puede ver, por páginas si viene `page` o `size`. ' +
      'Con `lat` y `lon`, los comercios de todos los negocios activos a 5 km o menos, del más cercano al más lejano, ' +
      'en una lista sin nada alrededor; `page` y `size` no la cortan.',
    access: guard.user,
    query: sellersQuery,
    answers: { 200: sellersAnswer },
    async handle({ user, query: { lat, lon, ...pages } }) {
      if (lat === undefined || lon === undefined) return ok(await page(deps, user, pages));
      return ok(await near(deps, user, { lat, lon }));
    },
  });

const near = ({ database }: ModuleDeps, { tenantId }: AuthUser, place: Place) =>
  database.transaction({ tenantId }, (trx) => sellersNear(trx, tenantId, place));

const visibleTo = ({ rol, comercios }: AuthUser): Only => (rol === 'admin' ? null : comercios);

/** All sellers when no page is asked for: the client has no page controls and would never show the rest. */
async function page({ database }: ModuleDeps, user: AuthUser, asked: { page?: number; size?: number }) {
  const { tenantId } = user;
  const whole = asked.page === undefined && asked.size === undefined;
  const { page: number = 1, size: limit = 10 } = asked;
  const range = whole ? {} : { limit, offset: (number - 1) * limit };
  const only = visibleTo(user);
  const { data, totalItems } = await database.transaction({ tenantId }, async (trx) => {
    const found = await listSellers(trx, tenantId, { only, ...range });
    return { data: found, totalItems: whole ? found.length : await countSellers(trx, tenantId, only) };
  });
  const size = whole ? Math.max(totalItems, 1) : limit;
  return { success, data, pagination: { page: number, size, totalItems, totalPages: Math.ceil(totalItems / size) } };
}

const create = (deps: ModuleDeps, guard: Guard): Endpoint =>
  endpoint({
    method: 'post',
    path: '/api/sellers',
    tag,
    summary: 'Crear un comercio',
    access: guard.admin,
    body: newSellerBody,
    example: {
      nombre: 'Sucursal Centro',
      calle: 'Av. Corrientes',
      numero: '1234',
      ciudad: 'Buenos Aires',
      provincia: 'CABA',
      codigo_postal: '1043',
      horarios: [{ dia_semana: 'lunes', hora_apertura: '09:00', hora_cierre: '18:00' }],
    },
    answers: { 201: savedSellerAnswer },
    async handle({ user, body }) {
      const { nombre, calle = null, numero = null, ciudad = null, provincia = null, codigo_postal = null } = body;
      const seller = { nombre, calle, numero, ciudad, provincia, codigo_postal, horarios: body.horarios ?? [] };
      const { comercio, message } = await createSeller(deps, user.tenantId, seller);
      return created({ success, message, data: comercio });
    },
  });

const detail = (deps: ModuleDeps, guard: Guard): Endpoint =>
  endpoint({
    method: 'get',
    path: '/api/sellers/:id',
    tag,
    summary: 'Un comercio',
    access: guard.user,
    params: oneSeller,
    answers: { 200: sellerAnswer },
    problems: [404],
    async handle({ user, params: { id } }) {
      await guard.seller(user, id);
      const { tenantId } = user;
      const data = await deps.database.transaction({ tenantId }, (trx) => findSeller(trx, tenantId, id));
      if (data === undefined) throw notFound('El comercio no existe.'); // archived since
      return ok({ success, data });
    },
  });

const change = (deps: ModuleDeps, guard: Guard): Endpoint =>
  endpoint({
    method: 'patch',
    path: '/api/sellers/:id',
    tag,
    summary: 'Cambiar un comercio',
    description:
      'Cambia lo que viene y deja el resto. `horarios` cambia los días que nombra; una lista vacía cierra la semana. ' +
      'La dirección va entera: las cinco partes o ninguna.',
    access: guard.user,
    params: oneSeller,
    body: sellerChangesBody,
    answers: { 200: savedSellerAnswer },
    problems: [404, 409],
    async handle({ user, params: { id }, body }) {
      await guard.seller(user, id);
      const { comercio, message } = await changeSeller(deps, user.tenantId, id, body);
      return ok({ success, message, data: comercio });
    },
  });

const remove = (deps: ModuleDeps, guard: Guard): Endpoint =>
  endpoint({
    method: 'delete',
    path: '/api/sellers/:id',
    tag,
    summary: 'Dar de baja un comercio',
    description: 'Deja de vender y de mostrarse. Sus órdenes y sus ventas quedan en los informes.',
    access: guard.user,
    params: oneSeller,
    answers: { 200: archivedSellerAnswer },
    problems: [404],
    async handle({ user, params: { id } }) {
      await guard.seller(user, id);
      const { horarios: _horarios, ...data } = await removeSeller(deps, user.tenantId, id);
      return ok({ success, message: 'Comercio dado de baja.', data });
    },
  });
