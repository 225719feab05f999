import { hash } from 'node:crypto';

/** A key for a fact that has no id of its own: whatever tells it from another, hashed. */
export const contentKey = (...parts: readonly unknown[]): string => hash('sha256', JSON.stringify(parts), 'hex');
