/* The month's sales as bars, from the table that stands below them. */
'use strict';
(() => {
  const place = document.getElementById('grafico');
  if (!place || !document.getElementById('ventas')) return;

  const days = Array.from({ length: Number(place.dataset.dias) }, (_, index) => index + 1);
  const byDay = new Map(
    [...document.querySelectorAll('#ventas tbody tr')].map(({ dataset }) => [
      Number(dataset.dia),
      Number(dataset.centavos) / 100,
    ]),
  );
  const data = [days, days.map((day) => byDay.get(day) ?? 0)];
  const short = new Intl.NumberFormat('es-AR', { notation: 'compact', maximumFractionDigits: 1 });
  const long = new Intl.NumberFormat('es-AR', { style: 'currency', currency: 'ARS' });
  const colour = (name) => getComputedStyle(place).getPropertyValue(name).trim();
  const size = () => ({ width: Math.max(200, place.clientWidth), height: place.clientWidth < 500 ? 200 : 260 });

  let chart;
  const draw = () => {
    chart?.destroy();
    const axis = { stroke: colour('--suave'), grid: { stroke: colour('--linea'), width: 1 }, ticks: { show: false } };
    chart = new uPlot(
      {
        ...size(),
        legend: { live: true },
        cursor: { y: false, drag: { x: false, y: false } },
        scales: {
          x: { time: false, range: [0.4, days.length + 0.6] },
          y: { range: (_, __, max) => [0, (max || 1) * 1.08] },
        },
        axes: [
          {
            ...axis,
            size: 32,
            grid: { show: false },
            values: (_, ticks) => ticks.map((tick) => (Number.isInteger(tick) ? tick : '')),
          },
          { ...axis, size: 64, values: (_, ticks) => ticks.map((tick) => short.format(tick)) },
        ],
        series: [
          { label: 'Día' },
          {
            label: 'Vendido',
            fill: colour('--acento'),
            paths: uPlot.paths.bars({ size: [0.7, 40], radius: 0.15 }),
            points: { show: false },
            value: (_, value) => (value === null ? '–' : long.format(value)),
          },
        ],
      },
      data,
      place,
    );
  };
  draw();
  new ResizeObserver(() => chart.setSize(size())).observe(place);
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', draw);
})();
