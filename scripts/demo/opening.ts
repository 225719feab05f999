import type { Json } from './rest.ts';
import { isStockOf, stockOf, stockStep, type Product, type Shop, type Stage } from './stage.ts';

/** A tenant registers, opens a branch, fills catalogue and shelves. Without it there is no day: what fails, throws. */
export async function openShop(stage: Stage): Promise<Shop> {
  const { tenantId, email } = await register(stage);
  const comercioId = await openBranch(stage);
  const [bread, cake, pie] = [
    await addProduct(stage, 'Pan de campo', 850.5),
    await addProduct(stage, 'Torta Rogel', 12_400),
    await addProduct(stage, 'Tarta de manzana', 6299.99),
  ];
  const shop = { tenantId, email, comercioId, bread, cake, pie };
  await fillShelf(stage, shop, bread, 40);
  await fillShelf(stage, shop, cake, 10);
  await fillShelf(stage, shop, pie, 2);
  return shop;
}

async function register({ show, rest, hub, run }: Stage): Promise<{ tenantId: number; email: string }> {
  const email = `demo-${run}@panaderia.example`;
  const body = {
    nombre: `Panadería Demo ${run}`,
    razon_social: `Panadería Demo ${run} S.A.`,
    cuenta_bancaria: '2850590940090418135201',
    email,
    telefono: '+54 11 5555 0000',
    nombre_usuario: 'Ana',
    password: `clave-${run}`,
    calle: 'Av. de Mayo',
    numero: '830',
    ciudad: 'Buenos Aires',
    provincia: 'CABA',
    codigo_postal: '1084',
  };
  show.in(`POST /api/auth/register-tenant  ${body.nombre}`);
  const answer = await rest.need('POST', '/api/auth/register-tenant', body);
  rest.signIn(String(answer.accessToken));
  const tenantId = Number(answer.tenant_id);
  const [created] = await hub.hears(
    'tenant.creado',
    ({ topic, payload }) => topic === 'tenant.creado' && payload.tenant_id === tenantId,
  );
  show.out(`tenant.creado  tenant ${tenantId}, ${String(created?.payload.razon_social)}`);
  show.check(
    'tenant.creado is flat, with razon_social and email, as payments needs it',
    created?.payload.razon_social === body.razon_social && created.payload.email === email,
    created?.payload,
  );
  return { tenantId, email };
}

async function openBranch({ show, rest, hub }: Stage): Promise<number> {
  const body = {
    nombre: 'Sucursal Centro',
    horarios: [{ dia_semana: 'sábado', hora_apertura: '08:00', hora_cierre: '20:00' }],
  };
  show.in(`POST /api/sellers  ${body.nombre}`);
  const { data } = await rest.need('POST', '/api/sellers', body);
  const comercioId = Number((data as Json).comercio_id);
  await hub.hears(
    'comercio.creado',
    ({ topic, payload }) => topic === 'comercio.creado' && (payload.comercio as Json).comercio_id === comercioId,
  );
  show.out(`comercio.creado  comercio ${comercioId}`);
  return comercioId;
}

async function addProduct({ show, rest }: Stage, name: string, price: number): Promise<Product> {
  show.in(`POST /api/products  ${name} at ${price.toFixed(2)}`);
  const { producto } = await rest.need('POST', '/api/products', {
    nombre_producto: name,
    precio: String(price),
    descripcion: 'Del día',
  });
  return { id: Number((producto as Json).producto_id), name, price };
}

async function fillShelf(stage: Stage, shop: Shop, product: Product, amount: number): Promise<void> {
  const { show, rest, hub } = stage;
  const path = `/api/sellers/${shop.comercioId}/products/${product.id}/stock`;
  show.in(`PATCH ${path}  {cantidad_stock: ${amount}}`);
  await rest.need('PATCH', path, { cantidad_stock: amount });
  const [told] = await hub.hears('stock.actualizado', isStockOf(shop, product));
  const step = told ? stockStep(told) : undefined;
  show.out(`stock.actualizado  ${product.name}: ${step?.anterior} → ${step?.nueva}`);
  const kept = await stockOf(stage, shop, product);
  show.check(
    `${product.name}: ${amount} on the shelf, and the hub was told so`,
    kept === amount && step?.anterior === 0 && step.nueva === amount,
    { kept, step },
  );
}
