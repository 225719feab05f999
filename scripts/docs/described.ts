import { compose, type Service } from '../../src/compose.ts';
import { readConfig } from '../../src/config.ts';
import { createLogger } from '../../src/kernel/logger.ts';

/** Nobody is there, and nobody is asked: a service connects when it is started, and this one never is. */
const NOWHERE = { DATABASE_URL: 'postgres://nobody@127.0.0.1:1/nowhere', HUB_URL: 'http://127.0.0.1:1' };

/** What the service says of itself, without a database or a hub, and whatever this machine's settings are. */
export function describedService(): Pick<Service, 'document' | 'topics' | 'catalogue' | 'asyncApi' | 'queues'> {
  const config = { ...readConfig({}), ...NOWHERE, JWT_SECRET: 'nobody signs anything with this one' };
  return compose(config, createLogger('error'));
}
