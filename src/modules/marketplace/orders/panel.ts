import { z } from 'zod';
import { AppError, notFound } from '../../../kernel/errors.ts';
import { dayOf, moment } from '../../../kernel/es-ar.ts';
import { html } from '../../../kernel/html.ts';
import type { PanelAnswer, PanelSection, PanelUser, Visit } from '../../../kernel/panel.ts';
import { parseId } from '../../../kernel/rest/parse-id.ts';
import { text } from '../../../kernel/rest/schemas.ts';
import { validate } from '../../../kernel/rest/validation.ts';
import type { ModuleDeps } from '../../module.ts';
import type { OrderActions } from './actions.ts';
import { orderPage, storyPage } from './panel-order-view.ts';
import { board, NAMES, searchBox } from './panel-views.ts';
import { boardVersion, endedCards, openCards } from './read-model.ts';
import { orderStory } from './story.ts';

/** What a person may do in the panel; that an order was delivered is the hub's to say. */
const moveForm = z.object({
  estado: z.enum(['aceptada', 'rechazada', 'listo', 'cancelada']),
  volver: z.literal('pedido').optional(),
});

const searchForm = z.object({ pedido: text(200) });

/** The orders of a seller by state, arriving as they come, with what can be done with each; and the story of one. */
export function ordersPanel(deps: ModuleDeps, actions: OrderActions): PanelSection {
  const { database, clock } = deps;

  /** The board, or undefined when `known` is the version it has. */
  const boardOf = ({ user: { tenantId } }: Visit, comercioId: number, known?: unknown) =>
    database.transaction({ tenantId }, async (trx) => {
      const now = clock();
      const version = await boardVersion(trx, tenantId, comercioId, dayOf(now));
      if (version === known) return undefined;
      const open = await openCards(trx, tenantId, comercioId);
      const ended = await endedCards(trx, tenantId, comercioId, dayOf(now));
      return board({ comercioId, version, open, ended, now });
    });

  const show = async (visit: Visit): Promise<PanelAnswer> => {
    const { comercio_id: comercio } = await visit.seller();
    const content = await boardOf(visit, comercio, visit.partial ? visit.query['version'] : undefined);
    if (content === undefined) return { unchanged: true };
    return visit.partial ? { part: content } : { title: 'Pedidos', content: html`${content}${searchBox}`, comercio };
  };

  const storyFor = ({ tenantId, rol, comercios }: PanelUser, pedidoId: string) => {
    const viewer = { tenantId, only: rol === 'admin' ? null : comercios };
    return database.transaction('system', (trx) => orderStory(trx, pedidoId, spell, viewer));
  };

  /** By the hub's id: also what was refused and so has no order, for that is what is asked about most. */
  const search = async ({ user, query }: Visit): Promise<PanelAnswer> => {
    const { pedido } = validate(searchForm, query);
    const story = await storyFor(user, pedido);
    const comercio = story?.order?.comercio_id ?? story?.comercioId;
    const theirs = comercio !== undefined && (user.rol === 'admin' || user.comercios.includes(comercio));
    if (story === undefined || !theirs) throw notFound(`No hay nada sobre el pedido ${pedido} en tus comercios.`);
    if (story.order) return { goTo: `/pedidos/${story.order.orden_id}` };
    return { title: `Pedido ${pedido}`, content: storyPage(story, comercio) };
  };

  const showOne = async ({ user, params }: Visit): Promise<PanelAnswer> => {
    const order = await actions.detail(user, ordenIdOf(params));
    const story = await storyFor(user, order.pedido_id);
    if (story === undefined) throw notFound(`La orden ${order.orden_id} no existe.`);
    return { title: `Pedido #${order.orden_id}`, content: orderPage(order, story) };
  };

  const move = async (visit: Visit): Promise<PanelAnswer> => {
    const ordenId = ordenIdOf(visit.params);
    const { estado, volver } = validate(moveForm, visit.form);
    if (volver === 'pedido') {
      await actions.move(visit.user, ordenId, estado);
      return { goTo: `/pedidos/${ordenId}` };
    }
    const { comercio_id: comercio } = await visit.seller();
    const refused = await refusalOf(actions.move(visit.user, ordenId, estado));
    if (!visit.partial) {
      if (refused) throw refused;
      return { goTo: `/pedidos?comercio=${comercio}` };
    }
    // Somebody else was faster: the reason, and the board as it is now.
    const notice = refused
      ? visit.notice(refused.message, 'error')
      : visit.notice(`Pedido #${ordenId}: ${NAMES[estado]}.`);
    return { part: html`${await boardOf(visit, comercio)}${notice}`, status: refused?.status };
  };

  return {
    label: 'Pedidos',
    path: '/pedidos',
    order: 1,
    routes: [
      { method: 'get', path: '/pedidos', handle: show },
      { method: 'get', path: '/pedidos/buscar', handle: search },
      { method: 'get', path: '/pedidos/:ordenId', handle: showOne },
      { method: 'post', path: '/pedidos/:ordenId/estado', handle: move },
    ],
  };
}

const spell = (at: Date | null | undefined): string => (at ? moment(at) : '');

const ordenIdOf = (params: Visit['params']): number => parseId(params['ordenId'], 'orden', Number.MAX_SAFE_INTEGER);

/** Why a step was not allowed, if so; any other failure goes on. */
async function refusalOf(moving: Promise<unknown>): Promise<AppError | undefined> {
  try {
    await moving;
    return undefined;
  } catch (error) {
    if (error instanceof AppError && error.status === 409) return error;
    throw error;
  }
}
