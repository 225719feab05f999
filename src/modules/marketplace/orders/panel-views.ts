import { ago, moment, pesos } from '../../../kernel/es-ar.ts';
import { html, type Html } from '../../../kernel/html.ts';
import { COLUMN_LIMIT, type Card } from './read-model.ts';
import { stepsFrom, type Estado } from './states.ts';

/** What stands in the addresses and forms of the board. */
export interface BoardView {
  comercioId: number;
  version: string;
  open: readonly Card[];
  ended: readonly Card[];
  now: Date;
}

const COLUMNS = [
  { estado: 'pendiente', titulo: 'Pendientes', vacio: 'Nada pendiente.' },
  { estado: 'aceptada', titulo: 'Aceptados', vacio: 'Nada en preparación.' },
  { estado: 'listo', titulo: 'Listos', vacio: 'Nada para entregar.' },
] as const;

/** As a single order is spoken of. */
export const NAMES: Readonly<Record<Estado, string>> = {
  pendiente: 'pendiente',
  aceptada: 'aceptado',
  rechazada: 'rechazado',
  listo: 'listo',
  finalizada: 'entregado',
  cancelada: 'cancelado',
};

/** In the order of the buttons. Delivered is not among them: that is for the hub to say. */
const BUTTONS: ReadonlyArray<{ step: Estado; label: string; asks?: string }> = [
  { step: 'aceptada', label: 'Aceptar' },
  { step: 'listo', label: 'Listo' },
  { step: 'rechazada', label: 'Rechazar', asks: '¿Rechazar' },
  { step: 'cancelada', label: 'Cancelar', asks: '¿Cancelar' },
];

/** Beside the board and not in it, so that what is being typed stays when the board changes. */
export const searchBox: Html = html`<form action="/panel/pedidos/buscar" class="buscar" role="search">
  <label>Buscar un pedido por su número del hub
    <input name="pedido" type="search" required maxlength="200" autocomplete="off"></label>
  <button class="discreto">Ver su historia</button>
</form>`;

/**
 * The board asks for itself every two seconds and says which version it shows. Its own question gives way to a press of
 * a button (hx-sync: `abort`), whose answer is the whole board as it is then.
 */
export function board({ comercioId, version, open, ended, now }: BoardView): Html {
  const cards = (of: readonly Card[]) => of.map((card) => cardView(card, now, comercioId));
  const columns = COLUMNS.map((column) => ({ ...column, of: open.filter(({ estado }) => estado === column.estado) }));
  return html`<section id="tablero" aria-label="Tablero" hx-trigger="every 2s, refrescar" hx-swap="outerMorph"
    hx-get="/panel/pedidos?comercio=${comercioId}&amp;version=${version}" hx-sync="this:abort">
    <nav class="pestanas" aria-label="Columnas">
      ${columns.map(({ estado, titulo, of }) => html`<a href="#col-${estado}">${titulo} <b>${of.length}</b></a>`)}
      <a href="#col-terminados">Hoy <b>${ended.length}</b></a>
    </nav>
    <div class="columnas">
      ${columns.map((column) => columnView(column, cards(column.of)))}
      <section class="columna terminados" id="col-terminados" aria-label="Terminados hoy">
        <details id="terminados">
          <summary><h2>Terminados hoy <span class="cuenta">${ended.length}</span></h2></summary>
          ${ended.length === 0 && html`<p class="vacio">Hoy no terminó ninguno.</p>`}
          <div class="lista">${cards(ended)}</div>
        </details>
      </section>
    </div>
  </section>`;
}

const columnView = ({ estado, titulo, vacio }: (typeof COLUMNS)[number], cards: readonly Html[]): Html =>
  html`<section class="columna ${estado}" id="col-${estado}" aria-labelledby="titulo-${estado}">
    <h2 id="titulo-${estado}">${titulo} <span class="cuenta">${cards.length}</span></h2>
    ${cards.length === 0 ? html`<p class="vacio">${vacio}</p>` : cards}
    ${cards.length === COLUMN_LIMIT && html`<p class="vacio">Se muestran los ${COLUMN_LIMIT} más nuevos.</p>`}
  </section>`;

const cardView = (card: Card, now: Date, comercioId: number): Html => {
  const { ordenId, estado, creada } = card;
  const hidden = html`<input type="hidden" name="comercio" value="${comercioId}">`;
  return html`<article class="pedido ${estado}" id="orden-${ordenId}" data-orden="${ordenId}"
    data-resumen="Pedido ${ordenId}, ${card.cliente}, ${pesos(card.total)}">
    <header>
      <h3><a href="/panel/pedidos/${ordenId}">#${ordenId}</a> <small>${card.pedidoId}</small></h3>
      <time datetime="${creada.toISOString()}" title="${moment(creada)}" data-hace>${ago(creada, now)}</time>
    </header>
    <p class="cliente">${card.cliente} <strong>${pesos(card.total)}</strong></p>
    <ul class="renglones">
      ${card.lines.map(({ nombre, cantidad }) => html`<li><b>${cantidad} ×</b> ${nombre}</li>`)}
    </ul>
    <p class="entrega">${card.direccion} · ${card.mediosPago}</p>
    ${stepsFrom(estado).length === 0 && html`<p class="final">${NAMES[estado]}</p>`}
    ${moves(card, { hidden, target: '#tablero', swap: 'outerMorph' })}
  </article>`;
};

interface MovesView {
  /** What the form says beside the step. */
  hidden: Html;
  /** What the answer replaces, and how. */
  target: string;
  swap: string;
}

/** The steps that may be taken now; without a script they are plain forms. */
export function moves(
  order: Pick<Card, 'ordenId' | 'estado' | 'cliente'>,
  { hidden, target, swap }: MovesView,
): Html | undefined {
  const allowed = stepsFrom(order.estado);
  const buttons = BUTTONS.filter(({ step }) => allowed.includes(step));
  if (buttons.length === 0) return undefined;
  const address = `/panel/pedidos/${order.ordenId}/estado`;
  const question = (asks: string) =>
    `${asks} el pedido #${order.ordenId} de ${order.cliente}? Su stock vuelve a estar disponible.`;
  return html`<form method="post" action="${address}" class="acciones" id="mover-${order.ordenId}">
    ${hidden}
    ${buttons.map(
      ({ step, label, asks }, index) => html`<button name="estado" value="${step}"
        class="${asks === undefined ? index === 0 && 'principal' : 'discreto'}"
        hx-post="${address}" hx-target="${target}" hx-swap="${swap}" hx-sync="${target}:queue all"
        ${asks !== undefined && html`hx-confirm="${question(asks)}"`}>${label}</button>`,
    )}
  </form>`;
}
