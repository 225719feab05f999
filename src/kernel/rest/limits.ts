import { isIPv6 } from 'node:net';
import type { Request, RequestHandler } from 'express';
import type { Clock } from '../clock.ts';
import type { Database } from '../database.ts';
import type { Logger } from '../logger.ts';
import { localLimit, sharedLimit, type SharedLimit } from '../rate-limit.ts';

/** @throws AppError 429 */
export type AddressLimit = (req: Request) => Promise<void>;

/** What keeps one caller from wearing out the service or guessing a password. Each answers 429 with Retry-After. */
export interface Limits {
  /** By client address. */
  logIn: AddressLimit;
  refresh: AddressLimit;
  register: AddressLimit;
  checkout: AddressLimit;
  /** By account and address, and more generously by account alone. Log-ins that succeed are given back. */
  failedLogIns: FailedLogIns;
  /**
   * One tenant, on this instance. In memory, since it is asked at every request: a row written each time would cost
   * more than most requests, and all of a tenant's would queue for it. @throws AppError 429
   */
  tenant(tenantId: number): void;
}

/**
 * Guesses at one account. Few from one address; from all together many more, since whoever could use those up would
 * keep the account's owner out.
 */
export interface FailedLogIns {
  /** @throws AppError 429 */
  take(email: string, address: string): Promise<void>;
  giveBack(email: string, address: string): Promise<void>;
}

/** How many times as many failures an account stands from everywhere as from one address. */
const EVERYWHERE = 20;

const MINUTE_MS = 60_000;
const FAILED_LOGINS_MS = 15 * MINUTE_MS;

/** How many are let through; 0 is no limit. */
export interface LimitSettings {
  RATE_LIMIT_LOGIN_PER_MINUTE: number;
  RATE_LIMIT_REGISTER_PER_MINUTE: number;
  RATE_LIMIT_FAILED_LOGINS: number;
  RATE_LIMIT_CHECKOUT_PER_MINUTE: number;
  RATE_LIMIT_TENANT_PER_MINUTE: number;
}

export function createLimits(config: LimitSettings, deps: { database: Database; clock: Clock; log: Logger }): Limits {
  const byAddress = (name: string, max: number) => perAddress(sharedLimit({ name, max, windowMs: MINUTE_MS }, deps));
  const requests = { name: 'tenant', max: config.RATE_LIMIT_TENANT_PER_MINUTE, windowMs: MINUTE_MS };
  const tenant = localLimit(requests, deps.clock);
  return {
    logIn: byAddress('login', config.RATE_LIMIT_LOGIN_PER_MINUTE),
    refresh: byAddress('refresh', config.RATE_LIMIT_LOGIN_PER_MINUTE),
    register: byAddress('register', config.RATE_LIMIT_REGISTER_PER_MINUTE),
    checkout: byAddress('checkout', config.RATE_LIMIT_CHECKOUT_PER_MINUTE),
    failedLogIns: failedLogIns(config.RATE_LIMIT_FAILED_LOGINS, deps),
    tenant: (tenantId) => tenant(String(tenantId)),
  };
}

function failedLogIns(max: number, deps: { database: Database; clock: Clock; log: Logger }): FailedLogIns {
  const here = sharedLimit({ name: 'failed-login', max, windowMs: FAILED_LOGINS_MS }, deps);
  const all = sharedLimit({ name: 'failed-login-all', max: max * EVERYWHERE, windowMs: FAILED_LOGINS_MS }, deps);
  return {
    async take(email, address) {
      await here.take(`${address} ${email}`);
      await all.take(email);
    },
    async giveBack(email, address) {
      await Promise.all([here.giveBack(`${address} ${email}`), all.giveBack(email)]);
    },
  };
}

/** A limit as the `before` of an endpoint. */
export const limited =
  (limit: AddressLimit): RequestHandler =>
  async (req, _res, next) => {
    await limit(req);
    next();
  };

const perAddress =
  (limit: SharedLimit): AddressLimit =>
  (req) =>
    limit.take(addressKey(req.ip ?? ''));

/** An IPv4 address as it is, of an IPv6 one its network: whoever has one has all 2^64 of it. */
export function addressKey(ip: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(ip)?.[1];
  if (mapped !== undefined) return mapped;
  const [address = ''] = ip.split('%');
  if (!isIPv6(address)) return ip;
  const [head = '', tail] = address.split('::').map((half) => half.split(':').filter(Boolean));
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - head.length - tail.length);
  const groups = [...head, ...Array<string>(zeros).fill('0'), ...(tail ?? [])];
  return `${groups.slice(0, 4).map((group) => parseInt(group, 16).toString(16)).join(':')}::/64`;
}
