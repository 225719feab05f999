import { existsSync, readFileSync } from 'node:fs';

export interface ContractFile {
  topic: string;
  payload: Record<string, unknown>;
}

/** A message as the partners' documents show it. */
export const contractOf = (direction: 'in' | 'out', topic: string): ContractFile =>
  JSON.parse(readFileSync(new URL(`../fixtures/contracts/hub/${direction}/${topic}.json`, import.meta.url), 'utf8')) as ContractFile;

/** The services whose messages travel over the broker; what one sends another may take in. */
const SERVICES = ['order-service', 'customer-service'];

/** The same of a message that travels over the broker, whole as it is. */
export function brokerContractOf(direction: 'in' | 'out', topic: string): Record<string, unknown> {
  const files = SERVICES.map((service) => new URL(`../fixtures/contracts/amqp/${service}/${direction}/${topic}.json`, import.meta.url));
  const file = files.find((one) => existsSync(one));
  if (file === undefined) throw new Error(`no contract of ${topic}, ${direction}`);
  return JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>;
}

export interface Allowed {
  /** Members, by path, that may be there without the contract showing them. */
  extra?: readonly string[];
  /** Members, by name, that may be null where the contract shows a value. */
  nullable?: readonly string[];
}

/** What the documents always allow to be unknown. */
const NULLABLE = ['lat', 'lon', 'sitio_web', 'instagram', 'categoria', 'categoria_id', 'categoria_nombre'];
const MOMENT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?Z$/;

const typeOf = (value: unknown): string => {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'string' && MOMENT.test(value)) return 'moment';
  return typeof value;
};

const isObject = (value: unknown): value is Record<string, unknown> => typeOf(value) === 'object';

/** How a message's keys and JSON types differ from the contract's; an empty list when they are the same. */
export function differences(contract: unknown, message: unknown, allowed: Allowed = {}, path = ''): string[] {
  const name = path.split('.').at(-1) ?? '';
  if (message === null && contract !== null && [...NULLABLE, ...(allowed.nullable ?? [])].includes(name)) return [];
  if (typeOf(contract) !== typeOf(message)) return [`${path || 'the payload'} is ${typeOf(message)}, not ${typeOf(contract)}`];
  if (Array.isArray(contract) && Array.isArray(message)) {
    return contract.length === 0 ? [] : message.flatMap((item) => differences(contract[0], item, allowed, `${path}[]`));
  }
  if (!isObject(contract) || !isObject(message)) return [];
  const at = (key: string) => (path === '' ? key : `${path}.${key}`);
  const missing = Object.keys(contract).filter((key) => !(key in message)).map((key) => `${at(key)} is missing`);
  const extra = Object.keys(message)
    .filter((key) => !(key in contract) && !allowed.extra?.includes(at(key)))
    .map((key) => `${at(key)} is not in the contract`);
  const shared = Object.keys(contract).filter((key) => key in message);
  return [...missing, ...extra, ...shared.flatMap((key) => differences(contract[key], message[key], allowed, at(key)))];
}
