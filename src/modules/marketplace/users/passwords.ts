import { randomUUID } from 'node:crypto';
import { hash, verify } from '@node-rs/argon2';

/** OWASP's parameters for argon2id, which is the library's default: about 12 ms, off the event loop. */
const COST = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };

/** Takes milliseconds: never inside a transaction. */
export const hashPassword = (password: string): Promise<string> => hash(password, COST);

/** Whether this is the password that was stored; undefined for an address that nobody has. */
export type PasswordCheck = (stored: string | undefined, password: string) => Promise<boolean>;

/**
 * Compares passwords. For an address that nobody has it compares with a decoy of the same cost, so that the time of
 * the answer does not tell who has an account.
 * @param compare the comparison itself, once a call; tests count it.
 */
export function createPasswordCheck(compare: typeof verify = verify): PasswordCheck {
  const decoy = hashPassword(randomUUID());
  return async (stored, password) => {
    const matches = await compare(stored ?? (await decoy), password);
    return stored !== undefined && matches;
  };
}
