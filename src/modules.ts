import { balancesModule } from './modules/marketplace/balances/index.ts';
import { catalogModule } from './modules/marketplace/catalog/index.ts';
import { ordersModule } from './modules/marketplace/orders/index.ts';
import { promotionsModule } from './modules/marketplace/promotions/index.ts';
import { reportsModule } from './modules/marketplace/reports/index.ts';
import { sellersModule } from './modules/marketplace/sellers/index.ts';
import { stockModule } from './modules/marketplace/stock/index.ts';
import { stockRepository } from './modules/marketplace/stock/repository.ts';
import { tenantsModule } from './modules/marketplace/tenants/index.ts';
import { usersModule } from './modules/marketplace/users/index.ts';
import { customerExists, findContacts } from './modules/customers/profiles/read-model.ts';
import { panelModule } from './modules/panel/index.ts';
import type { Module, ModuleDeps } from './modules/module.ts';
import { access } from './modules/marketplace/access.ts';
import { creditModule } from './modules/customers/credit/index.ts';
import { loyaltyModule } from './modules/customers/loyalty/index.ts';
import { pointsPort } from './modules/customers/loyalty/port.ts';
import type { CustomersDeps } from './modules/customers/ports.ts';
import { customerProfilesModule } from './modules/customers/profiles/index.ts';
import { lockCustomer } from './modules/customers/profiles/repository.ts';
import { customerPurchasesModule } from './modules/customers/purchases/index.ts';
import { customerSettingsModule } from './modules/customers/settings/index.ts';
import { notificationsModule } from './modules/notifications/index.ts';
import { notify } from './modules/notifications/repository.ts';
import { availabilityModule } from './modules/ordering/availability/index.ts';
import { createCache } from './modules/ordering/cache.ts';
import { cartsModule } from './modules/ordering/carts/index.ts';
import { orderedCatalogModule } from './modules/ordering/catalog/index.ts';
import { chargingFor } from './modules/ordering/checkout/charging.ts';
import { checkoutInventoryModule } from './modules/ordering/checkout/inventory.ts';
import { checkoutNotificationsModule } from './modules/ordering/checkout/notifications.ts';
import { checkoutOrdersModule } from './modules/ordering/checkout/orders.ts';
import { checkoutPaymentsModule } from './modules/ordering/checkout/payments.ts';
import { createCheckoutSaga, type CheckoutSaga } from './modules/ordering/checkout/saga.ts';
import { demoUsersOr } from './modules/ordering/checkout/user-rule.ts';
import { checkoutUsersModule } from './modules/ordering/checkout/users.ts';
import { checkoutWebModule } from './modules/ordering/checkout/web.ts';
import { createAnnouncer } from './modules/ordering/orders-api/announcing.ts';
import { inventoryPart } from './modules/ordering/orders-api/inventory.ts';
import { answerSentNotice, notificationsPart } from './modules/ordering/orders-api/notifications.ts';
import { ordersPart } from './modules/ordering/orders-api/orders.ts';
import { paymentsPart } from './modules/ordering/orders-api/payments.ts';
import { orderCreated } from './modules/ordering/orders-api/topics.ts';
import { purchaseOrdersModule } from './modules/ordering/orders/index.ts';
import { createOrdersPort } from './modules/ordering/orders/port.ts';
import { createChargesPort } from './modules/ordering/payments/charges.ts';
import { paymentsModule } from './modules/ordering/payments/index.ts';
import { paymentsPort } from './modules/ordering/payments/port.ts';
import type { ChargesPort, OrderingDeps, OrdersPort } from './modules/ordering/ports.ts';

type Context = ModuleDeps['config']['MODULES'][number];

/** Every module there is, by context. A new one adds its line here. */
const MODULES: Record<Context, (deps: ModuleDeps, ordering: () => Ordering) => Module[]> = {
  marketplace: (deps) => [
    tenantsModule(deps),
    usersModule(deps),
    sellersModule(deps),
    catalogModule(deps),
    promotionsModule(deps),
    stockModule(deps),
    ordersModule(deps, stockRepository),
    reportsModule(deps),
    balancesModule(deps),
  ],
  ordering: (_deps, ordering) => orderingModules(ordering()),
  customers: (deps) => customersModules(deps),
  notifications: (deps) => [notificationsModule({ ...deps, users: access(deps).user }, { onSent: [answerSentNotice] })],
  'checkout.web': (_deps, ordering) => [checkoutWebModule(ordering())],
  'checkout.users': () => [checkoutUsersModule(demoUsersOr(customerExists))],
  'checkout.inventory': (_deps, ordering) => [checkoutInventoryModule(ordering())],
  'checkout.orders': (_deps, ordering) => [checkoutOrdersModule(ordering())],
  'checkout.payments': ({ config }) => [checkoutPaymentsModule(chargingFor(config))],
  'checkout.notifications': () => [checkoutNotificationsModule(notify)],
  'orders-api.orders': (_deps, ordering) => [ordersPart(ordering().orders, ordering().charges)],
  'orders-api.inventory': (deps, ordering) => [inventoryPart(deps, ordering().orders)],
  'orders-api.payments': (deps) => [paymentsPart(deps)],
  'orders-api.notifications': (_deps, ordering) => [notificationsPart(ordering().orders, notify)],
};

/** What the modules of the ordering context share within a process. */
interface Ordering extends OrderingDeps {
  orders: OrdersPort;
  charges: ChargesPort;
  saga: CheckoutSaga;
  closing: Module;
}

function orderingOf(given: ModuleDeps): Ordering {
  const cache = createCache(given);
  const deps: OrderingDeps = { ...given, users: access(given).user, notify, cache };
  const orders = createOrdersPort(deps, paymentsPort);
  return {
    ...deps,
    orders,
    charges: createChargesPort(orders),
    saga: createCheckoutSaga(deps, orders),
    closing: { name: 'ordering-cache', close: cache.close },
  };
}

function customersModules(given: ModuleDeps): Module[] {
  const { user: users, admin: admins } = access(given);
  const deps: CustomersDeps = { ...given, users, admins, notify, lockCustomer };
  return [
    customerProfilesModule(deps),
    customerSettingsModule(deps),
    customerPurchasesModule(deps, pointsPort),
    loyaltyModule(deps),
    creditModule(deps),
  ];
}

const orderingModules = (deps: Ordering): Module[] => [
  availabilityModule(deps),
  orderedCatalogModule(deps, deps.orders),
  cartsModule(deps),
  purchaseOrdersModule(deps, paymentsPort, createAnnouncer(findContacts)),
  { name: 'orders-api', context: 'orders-api', topics: [orderCreated] }, // which orders are announced by
  paymentsModule(deps, deps.orders),
];

/** The modules of the contexts that run here, and the panel, which shows what they bring. */
export function loadModules(deps: ModuleDeps): Module[] {
  const made: Ordering[] = []; // by the first that asks for it
  const ordering = (): Ordering => (made[0] ??= orderingOf(deps));
  const modules = deps.config.MODULES.flatMap((name) => {
    const [context] = name.split('.');
    return MODULES[name](deps, ordering).map((module): Module => ({ context, ...module }));
  });
  return [...modules, ...made.map(({ closing }) => closing), panelModule(deps, modules)];
}
