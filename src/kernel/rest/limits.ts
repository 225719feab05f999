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
  /** By account: however many addresses guess one password. Log-ins that succeed are given back. */
  failedLogIns: SharedLimit;
  /**
   * One tenant, on this instance. In memory, since it is asked at every request: a row written each time would cost
   * more than most requests, and all of a tenant's would queue for it. @throws AppError 429
   */
  tenant(tenantId: number): void;
}

const MINUTE_MS = 60_000;
const FAILED_LOGINS_MS = 15 * MINUTE_MS;

/** How many are let through; 0 is no limit. */
export interface LimitSettings {
  RATE_LIMIT_LOGIN_PER_MINUTE: number;
  RATE_LIMIT_REGISTER_PER_MINUTE: number;
  RATE_LIMIT_FAILED_LOGINS: number;
  RATE_LIMIT_TENANT_PER_MINUTE: number;
}

export function createLimits(config: LimitSettings, deps: { database: Database; clock: Clock; log: Logger }): Limits {
  const byAddress = (name: string, max: number) => perAddress(sharedLimit({ name, max, windowMs: MINUTE_MS }, deps));
  const failures = { name: 'failed-login', max: config.RATE_LIMIT_FAILED_LOGINS, windowMs: FAILED_LOGINS_MS };
  const requests = { name: 'tenant', max: config.RATE_LIMIT_TENANT_PER_MINUTE, windowMs: MINUTE_MS };
  const tenant = localLimit(requests, deps.clock);
  return {
    logIn: byAddress('login', config.RATE_LIMIT_LOGIN_PER_MINUTE),
    refresh: byAddress('refresh', config.RATE_LIMIT_LOGIN_PER_MINUTE),
    register: byAddress('register', config.RATE_LIMIT_REGISTER_PER_MINUTE),
    failedLogIns: sharedLimit(failures, deps),
    tenant: (tenantId) => tenant(String(tenantId)),
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
