import type { Topic } from '../../../events/topic.ts';
import { maskedJson } from '../../../kernel/mask.ts';

/** What a topic's messages hold. */
export type Payload<T> = T extends Topic<infer P> ? P : never;

/** A message as the log shows it. */
export const shown = (payload: object): string => maskedJson(payload);
