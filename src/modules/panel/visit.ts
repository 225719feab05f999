import type { Request } from 'express';
import { badRequest, notFound } from '../../kernel/errors.ts';
import type { PanelSeller, PanelUser, Visit } from '../../kernel/panel.ts';
import { parseId } from '../../kernel/rest/parse-id.ts';
import { notice } from './layout.ts';

/** What a visit asks of the context whose sellers it is about. */
export interface SellerAccess {
  /** All that the user may work with, by id. */
  sellersOf(user: PanelUser): Promise<PanelSeller[]>;
  /** @throws AppError 404 unknown, 403 not the user's. */
  seller(user: PanelUser, comercioId: number): Promise<PanelSeller>;
}

export function visitOf(req: Request, user: PanelUser, { seller, sellersOf }: SellerAccess): Visit {
  const form = (req.body ?? {}) as Record<string, unknown>;
  return {
    user,
    params: req.params,
    query: req.query,
    form,
    partial: isPartial(req),
    notice: (text, kind) => notice(text, kind, true),
    async seller() {
      const asked = form['comercio'] ?? req.query['comercio'];
      if (asked !== undefined) return seller(user, parseId(asked, 'comercio'));
      const [first] = await sellersOf(user);
      if (first !== undefined) return first;
      throw user.rol === 'admin'
        ? notFound('Todavía no hay comercios. Creá el primero para empezar a recibir pedidos.')
        : badRequest('Todavía no tenés comercios asignados. Pedíselo a quien administra el negocio.');
    },
  };
}

/** htmx asks for a part; also where it would replace the whole page, it says so. */
export const isPartial = (req: Request): boolean => req.get('HX-Request-Type') === 'partial';

/** Whether a script asks at all: it cannot follow a redirect to another page by itself. */
export const isScripted = (req: Request): boolean => req.get('HX-Request') === 'true';
