import type { Logger } from '../../kernel/logger.ts';
import type { EmailGateway, PushGateway } from './gateway.ts';
import { maskedAddress, maskedToken } from './rules.ts';

const close = async (): Promise<void> => undefined;

/** Stands in where there is no SMTP_URL: the notice stays in its table, and the log says that it is there. */
export const createKeptEmails = (log: Logger): EmailGateway => ({
  async send({ to, subject, messageId }) {
    log.info(`[EMAIL] kept, SMTP_URL is not set: ${maskedAddress(to)} "${subject}" ${messageId}`);
    return 'kept';
  },
  close,
});

/** Stands in for a push service. */
export const createLoggedPush = (log: Logger): PushGateway => ({
  async send({ deviceToken, title, id }) {
    log.info(`[PUSH] kept, there is no push service: ${maskedToken(deviceToken)} "${title}" ${id}`);
    return 'kept';
  },
  close,
});
