import { decimal, moment, pesos } from '../../../kernel/es-ar.ts';
import { html, type Html } from '../../../kernel/html.ts';
import { toCents } from '../../../kernel/money.ts';
import type { Check } from './checks.ts';
import { moves, NAMES } from './panel-views.ts';
import type { OrderDetail } from './read-model.ts';
import type { Entry, Story } from './story.ts';

/** One order with everything that is known of it. */
export const orderPage = (order: OrderDetail, { entries, conclusion }: Pick<Story, 'entries' | 'conclusion'>): Html =>
  html`<p><a href="/panel/pedidos?comercio=${order.comercio_id}">← Todos los pedidos</a></p>
    ${summary(order, conclusion)}
    <section class="tarjeta">
      <h2>Productos</h2>
      ${lines(order)}
    </section>
    ${history(entries)}`;

/** What is known of a pedido that has no order, and why it has none. */
export const storyPage = ({ entries, conclusion }: Pick<Story, 'entries' | 'conclusion'>, comercioId: number): Html =>
  html`<p><a href="/panel/pedidos?comercio=${comercioId}">← Todos los pedidos</a></p>
    <section class="tarjeta" id="resumen"><p class="conclusion">${conclusion}</p></section>
    ${history(entries)}`;

const history = (entries: readonly Entry[]): Html =>
  html`<section class="tarjeta">
    <h2>Historia</h2>
    <ol class="historia">${entries.map(entryView)}</ol>
  </section>`;

function summary(order: OrderDetail, conclusion: string): Html {
  const { orden_id: ordenId, estado, cliente_nombre: cliente } = order;
  const hidden = html`<input type="hidden" name="volver" value="pedido">`;
  return html`<section class="tarjeta" id="resumen">
    <p class="conclusion"><span class="estado ${estado}">${NAMES[estado]}</span> ${conclusion}</p>
    <dl class="datos">
      <div><dt>Cliente</dt><dd>${cliente}</dd></div>
      <div><dt>Entrega</dt><dd>${order.direccion_entrega}</dd></div>
      <div><dt>Pago</dt><dd>${order.medios_pago}</dd></div>
      <div><dt>Creado</dt><dd>${moment(order.fecha_creacion)}</dd></div>
      <div><dt>Pedido del hub</dt><dd>${order.pedido_id}</dd></div>
    </dl>
    ${moves({ ordenId, estado, cliente }, { hidden, target: '#resumen', swap: 'none' })}
  </section>`;
}

const lines = (order: OrderDetail): Html =>
  html`<table>
    <thead>
      <tr>
        <th scope="col">Producto</th><th scope="col" class="numero">Cant.</th>
        <th scope="col" class="numero">Precio</th><th scope="col" class="numero">Subtotal</th>
      </tr>
    </thead>
    <tbody>${order.productos.map(lineView)}</tbody>
    <tfoot>
      <tr><th scope="row" colspan="3">Total</th><td class="numero">${pesos(toCents(order.total))}</td></tr>
    </tfoot>
  </table>`;

const lineView = (line: OrderDetail['productos'][number]): Html =>
  html`<tr>
    <td>${line.nombre_producto}
      <small>IVA ${decimal(line.iva_pct)} %${line.promocion !== null &&
      html` · ${line.promocion}: ${pesos(toCents(line.descuento))} menos`}</small></td>
    <td class="numero">${decimal(line.cantidad)}</td>
    <td class="numero">${pesos(toCents(line.precio_unitario))}</td>
    <td class="numero">${pesos(toCents(line.subtotal))}</td>
  </tr>`;

const entryView = ({ at, texto, controles = [] }: Entry): Html =>
  html`<li>
    <time datetime="${at.toISOString()}">${moment(at)}</time>
    <span>${texto}</span>
    ${controles.length > 0 && html`<ul class="controles">${controles.map(checkView)}</ul>`}
  </li>`;

/** A rule behind a decision, with the values it was held against. */
const checkView = ({ cumple, detalle }: Check): Html =>
  html`<li class="${cumple ? 'cumple' : 'falla'}">${cumple ? '✓' : '✗'} ${detalle}</li>`;
