import { decimal, moment, pesos } from '../../../kernel/es-ar.ts';
import { html, type Html } from '../../../kernel/html.ts';
import { toCents, type Cents } from '../../../kernel/money.ts';
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
    <section class="tarjeta">
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

function lines(order: OrderDetail): Html {
  const total = toCents(order.total);
  const discount = order.productos.reduce((sum, { subtotal }) => sum + toCents(subtotal), 0) - total;
  return html`<table>
    <thead>
      <tr>
        <th scope="col">Producto</th><th scope="col" class="numero">Cant.</th>
        <th scope="col" class="numero">Precio</th><th scope="col" class="numero">Subtotal</th>
      </tr>
    </thead>
    <tbody>${order.productos.map(lineView)}</tbody>
    <tfoot>
      ${discount !== 0 && sumView('Promociones', -discount)}
      ${sumView('Total', total)}
    </tfoot>
  </table>`;
}

const sumView = (name: string, amount: Cents): Html =>
  html`<tr><th scope="row" colspan="3">${name}</th><td class="numero">${pesos(amount)}</td></tr>`;

const lineView = (line: OrderDetail['productos'][number]): Html =>
  html`<tr>
    <td>${line.nombre_producto}
      <small>IVA ${decimal(line.iva_pct)} %${line.promocion !== null && html` · ${line.promocion}`}</small></td>
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
