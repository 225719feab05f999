import assert from 'node:assert/strict';
import type { Browser, Page } from 'playwright-core';
import { openBrowser } from '../../support/browser.ts';
import { startTestService, until, type TestService } from '../../support/service.ts';
import {
  openPanelBench,
  PASSWORD,
  plain,
  signedIn,
  signIn,
  visitorAt,
  type PanelBench,
  type Visitor,
} from './support.ts';

describe('the orders page, in a browser', function () {
  let bench: PanelBench;
  let browser: Browser;
  const visitors: Visitor[] = [];

  before(async function () {
    browser = await openBrowser(this);
    bench = await openPanelBench();
  });
  afterEach(async () => {
    for (const { close } of visitors.splice(0)) await close();
  });
  after(async () => {
    await browser?.close();
    await bench?.close();
  });

  const enter = async (
    ...args: [person: { email: string; usuarioId: number }, options?: { phone?: boolean; at?: string }]
  ) => {
    const visitor = await signedIn(browser, bench.service.url, ...args);
    visitors.push(visitor);
    return visitor;
  };
  const column = (page: Page, name: string) => page.getByRole('region', { name });
  const card = (page: Page, ordenId: number) => page.locator(`[data-orden="${ordenId}"]`);
  const press = (page: Page, ordenId: number, name: string) =>
    card(page, ordenId).getByRole('button', { name }).click();
  const told = (page: Page, text: string | RegExp) => page.locator('#aviso').filter({ hasText: text }).waitFor();

  it('lets people in with the right password only, and out again', async () => {
    const shop = await bench.open();
    const visitor = await visitorAt(browser, bench.service.url);
    visitors.push(visitor);
    const { page } = visitor;
    await page.goto('/panel');
    await page.getByRole('heading', { name: 'Iniciar sesión' }).waitFor();
    await signIn(page, shop.admin, 'no es esta');
    await page.getByRole('alert').filter({ hasText: 'El correo o la contraseña no son correctos.' }).waitFor();
    assert.equal(await page.getByLabel('Correo').inputValue(), shop.admin.email);
    await page.getByLabel('Contraseña').fill(PASSWORD);
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Pedidos', level: 1 }).waitFor();
    await page.getByRole('button', { name: 'Salir' }).click();
    await page.getByRole('heading', { name: 'Iniciar sesión' }).waitFor();
    await page.goto('/panel/pedidos');
    await page.getByRole('heading', { name: 'Iniciar sesión' }).waitFor();
    assert.deepEqual(visitor.complaints, [
      'error: Failed to load resource: the server responded with a status of 401 (Unauthorized)',
    ]);
  });

  it('shows an order that arrives, without a reload, and takes it to its end', async () => {
    const shop = await bench.open({ stock: 10 });
    const { page, complaints } = await enter(shop.admin);
    await column(page, 'Pendientes').getByText('Nada pendiente.').waitFor();
    await page.evaluate('window.same = true');

    const ordenId = await bench.order(shop, 'vivo-1', { cliente_nombre: 'María Núñez' });
    await column(page, 'Pendientes').locator(`[data-orden="${ordenId}"].nueva`).waitFor();
    assert.match(
      plain(await card(page, ordenId).textContent()),
      new RegExp(`#${ordenId} vivo-1 recién María Núñez \\$ 450,75 1 × Producto 1 Av\\. Corrientes`),
    );
    assert.match(
      plain(await page.locator('#novedades').textContent()),
      /Llegó un pedido: Pedido \d+, María Núñez, \$ 450,75\./,
    );
    assert.deepEqual(await card(page, ordenId).getByRole('button').allTextContents(), [
      'Aceptar',
      'Listo',
      'Rechazar',
      'Cancelar',
    ]);

    await press(page, ordenId, 'Aceptar');
    await column(page, 'Aceptados').locator(`[data-orden="${ordenId}"]`).waitFor();
    await told(page, `Pedido #${ordenId}: aceptado.`);
    await press(page, ordenId, 'Listo');
    await column(page, 'Listos').locator(`[data-orden="${ordenId}"]`).waitFor();
    assert.deepEqual(await card(page, ordenId).getByRole('button').allTextContents(), ['Cancelar']);

    await bench.service.deliver('pedido.entregado', { pedidoId: 'vivo-1' });
    await page.locator('#col-terminados .cuenta', { hasText: '1' }).waitFor();
    await page.getByText('Terminados hoy').click();
    await card(page, ordenId).getByText('entregado', { exact: true }).waitFor();
    assert.deepEqual(await card(page, ordenId).getByRole('button').count(), 0);
    assert.equal(await bench.estado(ordenId), 'finalizada');

    // What was opened stays open when the board renews itself, and all of this was one and the same page.
    await bench.order(shop, 'vivo-2');
    await column(page, 'Pendientes').locator('[data-orden]').waitFor();
    assert.equal(await card(page, ordenId).isVisible(), true);
    assert.equal(await page.evaluate('window.same'), true);
    assert.deepEqual(complaints, []);
  });

  it('asks before it rejects or cancels, and gives the stock back', async () => {
    const shop = await bench.open({ stock: 10 });
    const [rejected, cancelled] = [await bench.order(shop, 'no-1'), await bench.order(shop, 'no-2')];
    assert.equal(await bench.stock(shop), 8);
    const { page, complaints } = await enter(shop.admin);

    await press(page, rejected, 'Rechazar');
    const dialog = page.getByRole('dialog');
    await dialog
      .getByText(`¿Rechazar el pedido #${rejected} de Juan Pérez? Su stock vuelve a estar disponible.`)
      .waitFor();
    await dialog.getByRole('button', { name: 'Volver' }).click();
    await press(page, rejected, 'Rechazar');
    await page.keyboard.press('Escape');
    assert.equal(await bench.estado(rejected), 'pendiente');

    await press(page, rejected, 'Rechazar');
    await dialog.getByRole('button', { name: 'Confirmar' }).click();
    await told(page, `Pedido #${rejected}: rechazado.`);
    await press(page, cancelled, 'Cancelar');
    await dialog.getByRole('button', { name: 'Confirmar' }).click();
    await told(page, `Pedido #${cancelled}: cancelado.`);
    await page.locator('#col-terminados .cuenta', { hasText: '2' }).waitFor();
    assert.deepEqual(
      [await bench.estado(rejected), await bench.estado(cancelled), await bench.stock(shop)],
      ['rechazada', 'cancelada', 10],
    );
    assert.deepEqual(complaints, []);
  });

  it('says so when somebody else was faster, and shows how things stand', async () => {
    const shop = await bench.open();
    const ordenId = await bench.order(shop, 'carrera-1');
    const { page, complaints } = await enter(shop.admin);
    await page.route('**/panel/pedidos?*version=*', (route) => route.abort()); // this page does not hear of it in time
    await bench.rest(shop.admin, 'PATCH', `/orders/${ordenId}`, { estado: 'cancelada' });
    await press(page, ordenId, 'Aceptar');
    await told(
      page,
      'La orden está cancelada y no puede pasar a aceptada; pasos posibles: ninguno: es un estado final.',
    );
    await column(page, 'Pendientes').getByText('Nada pendiente.').waitFor();
    assert.equal(await bench.estado(ordenId), 'cancelada');
    assert.ok(complaints.some((text) => text.includes('409')));
  });

  it('works between two instances and goes on when the other is gone', async () => {
    const shop = await bench.open();
    const other: TestService = await startTestService({ beside: bench.service });
    const here = await enter(shop.admin);
    let there: Visitor | undefined;
    try {
      there = await enter(shop.admin, { at: other.url });
      const ordenId = await bench.order(shop, 'dos-1');
      await Promise.all(
        [here, there].map(({ page }) => column(page, 'Pendientes').locator(`[data-orden="${ordenId}"]`).waitFor()),
      );
      await press(there.page, ordenId, 'Aceptar');
      await column(here.page, 'Aceptados').locator(`[data-orden="${ordenId}"]`).waitFor();
      // One session, whichever instance is asked.
      const [cookie] = await here.context.cookies();
      const answer = await fetch(`${other.url}/panel/pedidos`, {
        headers: { cookie: `${cookie?.name}=${cookie?.value}` },
        redirect: 'manual',
      });
      assert.equal(answer.status, 200);
      assert.deepEqual([here.complaints, there.complaints], [[], []]);
    } finally {
      await other.close();
    }
    await there.page.getByText('Sin conexión con el servicio. Se reintenta solo.').waitFor();
  });

  it('asks for little while nothing happens, and for nothing while nobody looks', async () => {
    const shop = await bench.open();
    await bench.order(shop, 'quieto-1');
    const { page } = await enter(shop.admin);
    const answers: number[] = [];
    page.on('response', (response) => void (response.url().includes('version=') && answers.push(response.status())));
    await until('a poll', () => answers.length >= 1);
    assert.equal(answers[0], 204);
    await page.evaluate(`Object.defineProperty(document, 'hidden', { value: true, configurable: true }); 0`);
    const asked = answers.length;
    await page.waitForTimeout(2500); // longer than a poll's interval: what is shown is that nothing comes
    assert.ok(answers.length <= asked + 1, 'it goes on asking while hidden');
    await bench.order(shop, 'quieto-2');
    await page.evaluate(`Object.defineProperty(document, 'hidden', { value: false, configurable: true });
      document.dispatchEvent(new Event('visibilitychange'))`);
    await page.locator('[data-orden].nueva').waitFor();
  });

  it('shows operators their sellers, and nobody those of another tenant', async () => {
    const [shop, stranger] = [await bench.open(), await bench.open()];
    const second = await bench.addSeller(shop, 'Sucursal Norte');
    const operator = await bench.addOperator(shop, [second.comercioId]);
    const [mine, theirs] = [await bench.order(shop, 'mio-1'), await bench.order(stranger, 'suyo-1')];
    const { page } = await enter(operator);
    assert.deepEqual(await page.getByLabel('Comercio').locator('option').allTextContents(), ['Sucursal Norte']);
    const refused = async (who: Page, path: string, heading: string) => {
      await who.goto(path);
      await who.getByRole('heading', { name: heading }).waitFor();
    };
    await refused(page, `/panel/pedidos?comercio=${shop.comercioId}`, 'No tenés acceso');
    await refused(page, `/panel/stock?comercio=${shop.comercioId}`, 'No tenés acceso');
    await refused(page, `/panel/ventas?comercio=${shop.comercioId}`, 'No tenés acceso');
    await refused(page, `/panel/pedidos/${mine}`, 'No tenés acceso');

    const admin = (await enter(shop.admin)).page;
    await admin.getByLabel('Comercio').selectOption('Sucursal Norte');
    await admin.waitForURL(`**/panel/pedidos?comercio=${second.comercioId}`);
    await column(admin, 'Pendientes').getByText('Nada pendiente.').waitFor();
    await refused(admin, `/panel/pedidos?comercio=${stranger.comercioId}`, 'No tenés acceso');
    await refused(admin, `/panel/pedidos/${theirs}`, 'No está');
    await admin.goto('/panel/pedidos');
    const status = await admin.evaluate(async (ordenId) => {
      const body = new URLSearchParams({ estado: 'cancelada' });
      return (await fetch(`/panel/pedidos/${ordenId}/estado`, { method: 'POST', body })).status;
    }, theirs);
    assert.deepEqual([status, await bench.estado(theirs)], [404, 'pendiente']);
  });

  it('sends an expired session to log in, and back', async () => {
    const shop = await bench.open();
    const { page, context } = await enter(shop.admin);
    await page.goto(`/panel/pedidos?comercio=${shop.comercioId}`);
    await context.clearCookies();
    await page.getByText('Iniciá sesión para seguir.').waitFor();
    await page.getByLabel('Correo').fill(shop.admin.email);
    await page.getByLabel('Contraseña').fill(PASSWORD);
    await page.getByRole('button', { name: 'Entrar' }).click();
    await page.waitForURL(`**/panel/pedidos?comercio=${shop.comercioId}`);
  });
});
