/* What htmx leaves to us: asking before what cannot be undone, saying what is new, and pausing while nobody looks. */
'use strict';
(() => {
  const byId = (id) => document.getElementById(id);
  const isPoll = ({ detail }) => detail.ctx?.sourceEvent?.type === 'every';

  // Forms whose choice is the whole question.
  document.addEventListener('change', ({ target }) => {
    const form = target.closest?.('form[data-enviar-al-cambiar]');
    if (form?.reportValidity()) form.requestSubmit();
  });

  // A hidden tab asks nothing; seen again, it asks at once.
  document.addEventListener('htmx:config:request', (event) => {
    if (document.hidden && isPoll(event)) event.preventDefault();
  });
  document.addEventListener('visibilitychange', () => {
    const board = byId('tablero');
    if (!document.hidden && board) htmx.trigger(board, 'refrescar');
  });

  // The question before rejecting and cancelling, in the page's own dialog.
  document.addEventListener('htmx:confirm', (event) => {
    const dialog = byId('confirmar');
    event.preventDefault();
    byId('confirmar-texto').textContent = event.detail.ctx.confirm;
    dialog.returnValue = 'no';
    dialog.addEventListener(
      'close',
      () => (dialog.returnValue === 'si' ? event.detail.issueRequest() : event.detail.dropRequest()),
      { once: true },
    );
    dialog.showModal();
  });

  // Orders that were not on the board before.
  const orders = () => [...document.querySelectorAll('#tablero [data-orden]')];
  const ids = () => new Set(orders().map(({ dataset }) => dataset.orden));
  const title = document.title;
  let known = ids();
  let unseen = 0;
  const announce = (fresh) => {
    byId('novedades').textContent = fresh.map(({ dataset }) => `Llegó un pedido: ${dataset.resumen}.`).join(' ');
    if (document.hasFocus()) return;
    unseen += fresh.length;
    document.title = `(${unseen}) ${title}`;
  };
  window.addEventListener('focus', () => {
    unseen = 0;
    document.title = title;
  });
  document.addEventListener('htmx:after:swap', () => {
    if (!byId('tablero')) return;
    const fresh = orders().filter(({ dataset }) => !known.has(dataset.orden));
    for (const order of fresh) order.classList.add('nueva');
    if (fresh.length > 0) announce(fresh);
    known = new Set([...known, ...ids()]);
  });

  // Whether the service answers.
  const connected = (yes) => (byId('conexion').hidden = yes);
  document.addEventListener('htmx:after:request', ({ detail }) => connected(detail.ctx.response.status < 500));
  document.addEventListener('htmx:error', () => connected(false));

  // How long ago goes on counting, in the words of kernel/es-ar.ts.
  const ago = (minutes) => {
    if (minutes < 1) return 'recién';
    if (minutes < 60) return `hace ${minutes} min`;
    return minutes < 48 * 60 ? `hace ${Math.floor(minutes / 60)} h` : `hace ${Math.floor(minutes / 1440)} d`;
  };
  setInterval(() => {
    for (const time of document.querySelectorAll('time[data-hace]')) {
      time.textContent = ago(Math.floor((Date.now() - Date.parse(time.dateTime)) / 60_000));
    }
  }, 15_000);
})();
