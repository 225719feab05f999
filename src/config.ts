import { z } from 'zod';

const flag = z
  .enum(['true', 'false', '1', '0', ''])
  .transform((value) => value === 'true' || value === '1');

const list = z.string().transform((value) => value.split(',').map((part) => part.trim()).filter(Boolean));

const DURATION = /^(\d+)(ms|s|m|h|d)$/;
const UNIT_MS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** `7d`, `30s`, `500ms` → milliseconds. */
const duration = z
  .string()
  .regex(DURATION, 'use a number and a unit: 500ms, 30s, 5m, 2h or 7d')
  .transform((value) => {
    const [, amount, unit] = DURATION.exec(value) as unknown as [string, string, keyof typeof UNIT_MS];
    return Number(amount) * UNIT_MS[unit];
  });

/** A limit; 0 is none. */
const atMost = z.coerce.number().int().min(0).max(1_000_000_000);

const ROLES = ['web', 'relay', 'consumers', 'jobs'] as const;
/** The contexts; one with parts is named as a whole (`checkout`) or by part. */
export const MODULES = [
  'marketplace', 'ordering', 'customers', 'notifications',
  'checkout.web', 'checkout.users', 'checkout.inventory', 'checkout.orders', 'checkout.payments', 'checkout.notifications',
  'orders-api.orders', 'orders-api.inventory', 'orders-api.payments', 'orders-api.notifications',
] as const;

const names = <T extends string>(all: readonly [T, ...T[]]) =>
  z.string().default('all').transform((value, ctx) => {
    if (value === 'all') return [...all] as T[];
    const given = value.split(',').map((name) => name.trim());
    const meant = (name: string) => all.filter((one) => one === name || one.startsWith(`${name}.`));
    if (given.every((name) => meant(name).length > 0)) return all.filter((one) => given.some((name) => meant(name).includes(one)));
    ctx.addIssue({ code: 'custom', message: `use all, or some of: ${all.join(', ')}` });
    return z.NEVER;
  });

const schema = z.object({
  NODE_ENV: z.string().default('development'),
  PORT: z.coerce.number().int().min(0).max(65535).default(3000),
  HOST: z.string().default('127.0.0.1'),
  DATABASE_URL: z.string().regex(/^postgres(ql)?:\/\//, 'expected postgres://user:password@host:port/database').optional(),
  DATABASE_POOL: z.coerce.number().int().min(5).max(200).default(10),
  HUB_URL: z.url({ protocol: /^https?$/ }).optional(),
  HUB_USERNAME: z.string().default('marketplace-service'),
  HUB_PASSWORD: z.string().optional(),
  HUB_SECRET: list.default([]),
  HUB_SIMULATOR_PORT: z.coerce.number().int().min(0).max(65535).default(4000),
  RABBITMQ_URL: z.url({ protocol: /^amqps?$/ }).optional(),
  CALLBACK_TOKEN: z.string().regex(/^[A-Za-z0-9_-]{16,}$/, 'at least 16 letters, digits, - or _').optional(),
  CALLBACK_URL: z.url({ protocol: /^https?$/ }).optional(),
  CORS_ORIGINS: list.default([]),
  TRUST_PROXY: flag.default(false),
  MAX_BODY_BYTES: z.coerce.number().int().min(1024).default(1_048_576),
  HUB_MAX_MESSAGE_BYTES: z.coerce.number().int().min(1024).max(256 * 1024 * 1024).default(1_048_576),
  JWT_SECRET: z.string().min(32, 'at least 32 bytes').optional(),
  DATA_DIR: z.string().default('.data'),
  RATE_LIMIT_LOGIN_PER_MINUTE: atMost.default(240),
  RATE_LIMIT_REGISTER_PER_MINUTE: atMost.default(120),
  RATE_LIMIT_FAILED_LOGINS: atMost.default(30),
  RATE_LIMIT_CHECKOUT_PER_MINUTE: atMost.default(240),
  RATE_LIMIT_TENANT_PER_MINUTE: atMost.default(12_000),
  CALLBACK_MAX_WAITING: z.coerce.number().int().min(1).default(10_000),
  GEOCODER_KEY: z.string().optional(),
  GEOCODER_URL: z.url({ protocol: /^https?$/ }).optional(),
  DEFAULT_PREPARATION: z.enum(['manual', 'automatica']).default('manual'),
  MODULES: names(MODULES),
  ROLES: names(ROLES),
  BALANCE_TIMEOUT_MS: z.coerce.number().int().min(1).default(30_000),
  RESERVATION_TTL: duration.default(15 * UNIT_MS.m),
  ORDER_PAYMENT_TTL: duration.default(UNIT_MS.h),
  CHECKOUT_DEADLINE: duration.optional(),
  REDIS_URL: z.string().regex(/^rediss?:\/\//, 'expected redis://host:port').optional(),
  STRIPE_WEBHOOK_SECRET: list.default([]),
  STRIPE_SECRET_KEY: z.string().optional(),
  STRIPE_API_URL: z.url({ protocol: /^https?$/ }).default('https://api.stripe.com'),
  SMTP_URL: z.string().regex(/^smtps?:\/\/[^/]/, 'expected smtp://user:password@host:port, or smtps:// for TLS').optional(),
  SMTP_FROM: z.email().default('no-responder@deliver.ar'),
  PARK_TTL: duration.default(7 * UNIT_MS.d),
  PUBLISH_REJECTIONS: flag.default(false),
  LOG_LEVEL: z.enum(['error', 'warn', 'info', 'debug']).default('info'),
});

/** The service's settings, read once from the environment. Durations in milliseconds, sizes in bytes. */
export type Config = z.infer<typeof schema> & { production: boolean; CHECKOUT_DEADLINE: number };

/** A setting that is missing or wrong; the message names every one of them and how to mend it. */
export class ConfigError extends Error {}

const NEEDED_IN_PRODUCTION = {
  DATABASE_URL: 'postgres://user:password@host:5432/database, PostgreSQL 15 or newer',
  HUB_URL: 'the base address of /auth/login and /hub/publish',
  HUB_PASSWORD: 'the password of HUB_USERNAME at the hub',
  JWT_SECRET: 'at least 32 random bytes, the same on every instance',
  CALLBACK_URL: 'how the hub reaches this service',
} as const;

/** Reads and checks the settings. @throws ConfigError naming all that is wrong at once. */
export function readConfig(env: NodeJS.ProcessEnv = process.env): Config {
  // An empty variable is an unset one: compose files and CI write `NAME=`.
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''));
  const parsed = schema.safeParse(given);
  const problems = parsed.success ? [] : parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
  const deadline = parsed.success ? deadlineOf(parsed.data) : 0;
  if (parsed.success && deadline >= parsed.data.RESERVATION_TTL && parsed.data.RESERVATION_TTL > 0) {
    problems.push('CHECKOUT_DEADLINE: must be shorter than RESERVATION_TTL, or its stock is gone before it is given up');
  }
  const production = given.NODE_ENV === 'production';
  if (production) {
    for (const [name, help] of Object.entries(NEEDED_IN_PRODUCTION)) {
      if (given[name] === undefined) problems.push(`${name}: missing; set it to ${help}`);
    }
  }
  if (!parsed.success || problems.length > 0) {
    throw new ConfigError(`the settings are not usable:\n${problems.map((line) => `  - ${line}`).join('\n')}`);
  }
  return { ...parsed.data, production, CHECKOUT_DEADLINE: deadline };
}

/** Left out: a third of the time that a reservation has, five minutes of fifteen. */
const deadlineOf = ({ CHECKOUT_DEADLINE, RESERVATION_TTL }: z.infer<typeof schema>): number =>
  CHECKOUT_DEADLINE ?? Math.floor(RESERVATION_TTL / 3);
