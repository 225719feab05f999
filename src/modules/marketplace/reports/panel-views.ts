import { dayName, decimal, monthName, pesos } from '../../../kernel/es-ar.ts';
import { html, type Html } from '../../../kernel/html.ts';
import type { Cents } from '../../../kernel/money.ts';
import type { Month } from './panel-rules.ts';
import type { DayOfSales } from './read-model.ts';

export interface SalesView {
  month: Month;
  comercio: number | 'todos';
  sales: readonly DayOfSales[];
}

/** A month's finalised sales: the table says it all, and the script draws the chart from the table. */
export function salesPage({ month, comercio, sales }: SalesView): Html {
  const ordenes = sales.reduce((sum, day) => sum + day.ordenes, 0);
  const total = sales.reduce((sum, day) => sum + day.total, 0);
  const address = (mes: string, file = '') => `/panel/ventas${file}?comercio=${comercio}&mes=${mes}`;
  return html`<nav class="meses" aria-label="Meses">
      <a href="${address(month.before)}" aria-label="Mes anterior, ${monthName(month.before)}">←</a>
      <form method="get" action="/panel/ventas" data-enviar-al-cambiar>
        <input type="hidden" name="comercio" value="${comercio}">
        <label class="oculto" for="mes">Mes</label>
        <input id="mes" name="mes" type="month" value="${month.mes}" min="2000-01" max="2099-12" required
          placeholder="AAAA-MM">
        <noscript><button>Ver</button></noscript>
      </form>
      <a href="${address(month.after)}" aria-label="Mes siguiente, ${monthName(month.after)}">→</a>
    </nav>
    <dl class="totales">
      <div><dt>Vendido en ${monthName(month.mes)}</dt><dd id="total">${pesos(total)}</dd></div>
      <div><dt>Pedidos entregados</dt><dd id="ordenes">${decimal(ordenes)}</dd></div>
      <div><dt>Promedio por pedido</dt><dd>${ordenes === 0 ? '–' : pesos(Math.round(total / ordenes))}</dd></div>
    </dl>
    <section class="tarjeta">
      <h2>Por día</h2>
      <div id="grafico" class="grafico" data-dias="${month.days}" aria-hidden="true"></div>
      ${sales.length === 0 && html`<p class="vacio">No hubo ventas finalizadas en ${monthName(month.mes)}.</p>`}
      ${sales.length > 0 && table(sales, ordenes, total)}
    </section>
    <p class="descargas">Para la contabilidad:
      <a href="${address(month.mes, '/ventas.csv')}" download>las ventas</a> y
      <a href="${address(month.mes, '/iva.csv')}" download>el IVA</a> del mes, como planilla (CSV).</p>`;
}

const table = (sales: readonly DayOfSales[], ordenes: number, total: number): Html =>
  html`<table id="ventas">
    <caption class="oculto">Ventas finalizadas por día de creación</caption>
    <thead>
      <tr><th scope="col">Día</th><th scope="col" class="numero">Pedidos</th><th scope="col" class="numero">Total</th></tr>
    </thead>
    <tbody>${sales.map(dayView)}</tbody>
    <tfoot>
      <tr><th scope="row">Total</th>${figures(ordenes, total)}</tr>
    </tfoot>
  </table>`;

const dayView = ({ dia, ordenes, total }: DayOfSales): Html =>
  html`<tr data-dia="${Number(dia.slice(8))}" data-centavos="${total}">
    <th scope="row">${dayName(dia)}</th>${figures(ordenes, total)}
  </tr>`;

const figures = (ordenes: number, total: Cents): Html =>
  html`<td class="numero">${decimal(ordenes)}</td><td class="numero">${pesos(total)}</td>`;
