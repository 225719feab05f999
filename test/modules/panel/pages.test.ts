import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import type { Browser, Page } from 'playwright-core';
import { openBrowser } from '../../support/browser.ts';
import { openPanelBench, plain, signedIn, type PanelBench, type PanelShop, type Visitor } from './support.ts';

const NASTY = [
  `<script>alert(1)</script>`,
  `"><img src=x onerror=alert(2)>`,
  `O'Hara & "Cía" 🍕`,
  '{{7*7}} ${alert(3)} javascript:alert(4)',
];

describe('the other pages of the panel, in a browser', function () {
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

  const enter = async (shop: PanelShop, options?: { phone?: boolean }) => {
    const visitor = await signedIn(browser, bench.service.url, shop.admin, options);
    visitors.push(visitor);
    return visitor;
  };
  const run = (sql: string, values: unknown[] = []) =>
    bench.service.database.transaction('system', (trx) => trx.run(sql, values));

  it('tells the story of one order and moves it from there', async () => {
    const shop = await bench.open({ stock: 10 });
    const ordenId = await bench.order(shop, 'historia-1', { cliente_nombre: 'Lucía' });
    const { page, complaints } = await enter(shop);
    await page.getByRole('link', { name: `#${ordenId}` }).click();
    await page.getByRole('heading', { name: `Pedido #${ordenId}`, level: 1 }).waitFor();
    const lines = page.getByRole('table');
    assert.match(plain(await lines.textContent()), /Producto 1 .*1 ?\$ 450,75 ?\$ 450,75.*Total ?\$ 450,75/);
    const story = () => page.locator('.historia').textContent().then(plain);
    for (const part of [/pedido\.creado/, /10 → 9/, /pedido\.confirmar/, /stock\.actualizado/])
      assert.match(await story(), part);

    await page.getByRole('button', { name: 'Listo' }).click();
    await page.locator('.conclusion .estado', { hasText: 'listo' }).waitFor();
    assert.match(await story(), new RegExp(`listo, por admin ${shop.admin.usuarioId}`));
    await page.getByRole('button', { name: 'Cancelar' }).click();
    await page.getByRole('button', { name: 'Confirmar' }).click();
    await page.locator('.conclusion .estado', { hasText: 'cancelado' }).waitFor();
    assert.match(await story(), /9 → 10/);
    assert.equal(await page.locator('#resumen button').count(), 0);
    await page.getByRole('link', { name: 'Todos los pedidos' }).click();
    await page.getByRole('heading', { name: 'Pedidos', level: 1 }).waitFor();
    assert.deepEqual(complaints, []);
  });

  it('says on the story page too that somebody was faster', async () => {
    const shop = await bench.open();
    const ordenId = await bench.order(shop, 'historia-2');
    const { page } = await enter(shop);
    await page.goto(`/panel/pedidos/${ordenId}`);
    await bench.rest(shop.admin, 'PATCH', `/orders/${ordenId}`, { estado: 'rechazada' });
    await page.getByRole('button', { name: 'Aceptar' }).click();
    await page.getByRole('alert').filter({ hasText: 'La orden está rechazada y no puede pasar a aceptada' }).waitFor();
  });

  it('shows stock at a glance and changes it in place', async () => {
    const shop = await bench.open({ productos: 3, stock: 40 });
    await run(`UPDATE products SET nombre_producto = 'Café ' || nombre_producto WHERE producto_id = $1`, [
      shop.productos[1],
    ]);
    const { page, complaints } = await enter(shop);
    await page.getByRole('link', { name: 'Stock' }).click();
    await page.getByText('Productos: 3 · con poco stock (5 o menos): 0 · agotados: 0').waitFor();
    const row = (name: string) => page.getByRole('row').filter({ hasText: name });
    const set = async (name: string, cantidad: string) => {
      await row(name).getByRole('textbox').fill(cantidad);
      await row(name).getByRole('textbox').press('Enter');
    };
    await set('Producto 1', '4');
    await page.locator('#aviso', { hasText: 'Stock de Producto 1: 4.' }).waitFor();
    await row('Producto 1').getByText('Poco').waitFor();
    await set('Producto 1', '0');
    await row('Producto 1').getByText('Agotado').waitFor();
    assert.equal(await bench.stock(shop), 0);
    await set('Producto 3', '12abc'); // the browser itself holds it back
    assert.equal(await bench.stock(shop, shop.productos[2]), 40);

    await page.getByLabel('Buscar por nombre').fill('cafe');
    await row('Producto 3').waitFor({ state: 'detached' });
    assert.equal(await page.getByRole('rowheader').count(), 1);
    await set('Café Producto 2', '7');
    await page.locator('#aviso', { hasText: 'Stock de Café Producto 2: 7.' }).waitFor();
    assert.equal(await bench.stock(shop, shop.productos[1]), 7);
    await page.getByLabel('Buscar por nombre').fill('nada de esto');
    await page.getByText('Ningún producto tiene «nada de esto» en su nombre.').waitFor();
    assert.deepEqual(complaints, []);
  });

  it('draws the month and agrees with the orders to the cent', async () => {
    const shop = await bench.open({ stock: 1000 });
    const other = await bench.addSeller(shop, 'Sucursal Norte');
    const amounts = [0.01, 0.1, 1234.56, 99_999.99, 450.75];
    for (const [index, precio_unitario] of amounts.entries()) {
      await bench.order(shop, `venta-${index}`, {
        productos: [{ producto_id: shop.productos[0], cantidad: 3, precio_unitario }],
        total: undefined,
      });
    }
    // The first and the last moment of January in Buenos Aires, one of February, and one that was never delivered.
    const moments = [
      '2024-01-01T03:00:00Z',
      '2024-02-01T02:59:59Z',
      '2024-01-15T12:00:00Z',
      '2024-02-01T03:00:00Z',
      '2024-01-20T12:00:00Z',
    ];
    for (const [index, moment] of moments.entries()) {
      const estado = index === 4 ? 'cancelada' : 'finalizada';
      await run('UPDATE orders SET fecha_creacion = $2, estado = $3 WHERE pedido_id = $1', [
        `venta-${index}`,
        moment,
        estado,
      ]);
    }
    const { page, complaints } = await enter(shop);
    await page.goto('/panel/ventas?mes=2024-01');
    const days = async () => (await page.locator('#ventas tbody tr').allInnerTexts()).map(plain);
    assert.deepEqual(await days(), ['lun 1 1 $ 0,03', 'lun 15 1 $ 3.703,68', 'mié 31 1 $ 0,30']);
    assert.deepEqual(
      [plain(await page.locator('#total').textContent()), await page.locator('#ordenes').textContent()],
      ['$ 3.704,01', '3'],
    );
    assert.match(plain(await page.locator('#ventas tfoot').textContent()), /Total ?3 ?\$ 3\.704,01/);

    for (const [name, report, lines] of [['las ventas', 'ventas', 5], ['el IVA', 'iva', 5]] as const) {
      const [download] = await Promise.all([
        page.waitForEvent('download'),
        page.getByRole('link', { name, exact: true }).click(),
      ]);
      assert.equal(download.suggestedFilename(), `${report}_2024-01-01_2024-01-31.csv`);
      const file = await readFile(await download.path(), 'utf8');
      const over = await bench.restText(shop.admin, `/reports/${report}?desde=2024-01-01&hasta=2024-01-31&formato=csv`);
      assert.equal(file, over, 'the panel and REST give the same file');
      assert.equal(file.split('\r\n').length, lines); // a header, three orders, an end
    }

    const canvas = page.locator('#grafico canvas');
    await canvas.waitFor();
    const painted = await page.evaluate(`(() => {
      const canvas = document.querySelector('#grafico canvas');
      const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
      return data.some((value, index) => index % 4 === 3 && value > 0);
    })()`);
    assert.equal(painted, true, 'the chart is empty');

    await page.getByRole('link', { name: 'Mes siguiente, febrero de 2024' }).click();
    await page.getByText('Vendido en febrero de 2024').waitFor();
    assert.deepEqual(await days(), ['jue 1 1 $ 299.999,97']);
    await page.getByLabel('Comercio').selectOption('Sucursal Norte');
    await page.waitForURL(`**/panel/ventas?mes=2024-02&comercio=${other.comercioId}`);
    await page.getByText('No hubo ventas finalizadas en febrero de 2024.').waitFor();
    assert.equal(await canvas.count(), 0);
    assert.deepEqual(complaints, []);
  });

  it('shows names as text, whatever they are, and runs none of them', async () => {
    const shop = await bench.open({ productos: NASTY.length });
    let first = 0;
    for (const [index, name] of NASTY.entries()) {
      await run('UPDATE products SET nombre_producto = $2 WHERE producto_id = $1', [shop.productos[index], name]);
      const productos = [{ producto_id: shop.productos[index], cantidad: 1, precio_unitario: 450.75 }];
      const ordenId = await bench.order(shop, `raro-${index} ${name}`, {
        cliente_nombre: name,
        direccion_entrega: name,
        productos,
      });
      if (index === 0) first = ordenId;
    }
    await run('UPDATE sellers SET nombre = $2 WHERE comercio_id = $1', [shop.comercioId, NASTY[0]]);
    const { page, complaints } = await enter(shop);
    page.on('dialog', (dialog) => {
      complaints.push(`a name ran: ${dialog.message()}`);
      void dialog.dismiss();
    });
    assert.deepEqual(await page.locator('#comercio option').allTextContents(), [NASTY[0]]);
    for (const [index, name] of NASTY.entries()) {
      const card = page.locator('[data-orden]').nth(index);
      assert.equal(await card.locator('.renglones li').textContent(), `1 × ${name}`);
      assert.ok((await card.locator('.cliente').textContent())?.startsWith(name));
    }
    await bench.order(shop, 'raro-vivo', { cliente_nombre: NASTY[1] });
    await page.locator('.nueva').waitFor();
    assert.ok((await page.locator('#novedades').textContent())?.includes(NASTY[1] as string));
    await page.locator('[data-orden]').first().getByRole('button', { name: 'Rechazar' }).click();
    assert.ok((await page.locator('#confirmar-texto').textContent())?.includes(NASTY[0] as string));
    for (const path of [
      `/panel/pedidos/${first}`,
      '/panel/stock',
      '/panel/ventas',
      `/panel/stock?nombre=${encodeURIComponent(NASTY[1] as string)}`,
    ]) {
      await page.goto(path);
      await page.getByRole('heading', { level: 1 }).waitFor();
    }
    assert.deepEqual(complaints, []);
  });

  it('fits a phone, with targets that a thumb finds', async () => {
    const shop = await bench.open({ productos: 2 });
    const long = 'Sinnombrequeseparteenningúnladoporquenotieneespacios'.repeat(2);
    await run('UPDATE products SET nombre_producto = $2 WHERE producto_id = $1', [
      shop.productos[1],
      long.slice(0, 100),
    ]);
    const productos = [{ producto_id: shop.productos[1], cantidad: 2, precio_unitario: 9_999_999.99 }];
    const ordenId = await bench.order(shop, `telefono-${long}`, {
      cliente_nombre: long,
      direccion_entrega: long,
      productos,
    });
    const { page, complaints } = await enter(shop, { phone: true });
    for (const path of ['/panel/pedidos', `/panel/pedidos/${ordenId}`, '/panel/stock', '/panel/ventas']) {
      await page.goto(path);
      await page.getByRole('heading', { level: 1 }).waitFor();
      const [wide, room] = await page.evaluate<[number, number]>(
        '[document.documentElement.scrollWidth, document.documentElement.clientWidth]',
      );
      assert.ok(wide <= room, `${path} is ${wide} wide on ${room}`);
      assert.deepEqual(await smallTargets(page), [], path);
    }
    await page.goto('/panel/pedidos');
    const accepted = page.getByRole('region', { name: 'Aceptados' });
    await page.getByRole('button', { name: 'Aceptar' }).tap();
    await accepted.locator('[data-orden]').waitFor();
    await page.getByRole('link', { name: 'Aceptados' }).tap();
    await page.waitForFunction(`Math.abs(document.getElementById('col-aceptada').getBoundingClientRect().left) < 30`);
    await accepted.getByRole('button', { name: 'Listo' }).tap();
    await page.getByRole('region', { name: 'Listos' }).locator('[data-orden]').waitFor();
    assert.equal(await bench.estado(ordenId), 'listo');
    assert.deepEqual(complaints, []);
  });
});

/** Buttons and fields that are less than 44 px high, those for screen readers and without scripts aside. */
const smallTargets = (page: Page): Promise<string[]> =>
  page.evaluate<string[]>(`
    [...document.querySelectorAll('button, input:not([type=hidden]), select, nav a')]
      .filter((one) => one.offsetParent !== null && one.getBoundingClientRect().height < 44)
      .map((one) => one.tagName + ' ' + one.textContent + ' ' + one.getBoundingClientRect().height)`);
