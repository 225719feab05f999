import { createTransport } from 'nodemailer';
import { causeOf } from '../../kernel/errors.ts';
import { DeliveryError, type Email, type EmailGateway } from './gateway.ts';

/** As many mails as a crash may have sent twice. */
export const SMTP_CONNECTIONS = 5;
const CONNECT_MS = 10_000;
const SILENCE_MS = 20_000;
const PATIENCE_MS = 45_000;

/** What nodemailer says of a failure. */
interface SmtpFailure {
  code?: string;
  /** The step at which it happened: `RCPT TO`, `DATA`, `MAIL FROM`, `AUTH PLAIN`, `CONN`. */
  command?: string;
  responseCode?: number;
  response?: string;
}

/** Mails over SMTP, on connections that are kept open. nodemailer tries nothing twice; whoever calls does. */
export function createSmtpGateway({ url, from }: { url: string; from: string }): EmailGateway {
  const transport = createTransport({
    url,
    pool: true,
    maxConnections: SMTP_CONNECTIONS,
    maxRequeues: 0,
    connectionTimeout: CONNECT_MS,
    dnsTimeout: CONNECT_MS,
    greetingTimeout: CONNECT_MS,
    socketTimeout: SILENCE_MS,
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  return {
    async send(email) {
      try {
        await transport.sendMail({ ...mailOf(email, from), signal: AbortSignal.timeout(PATIENCE_MS) });
        return 'sent';
      } catch (error) {
        throw new DeliveryError(kindOf(error as SmtpFailure), (error as SmtpFailure).response ?? causeOf(error));
      }
    },
    close: async () => transport.close({ force: true }),
  };
}

/** The envelope says whom it goes to, whatever a header would be read as. */
const mailOf = ({ fromName, to, messageId, date, subject, text, html }: Email, from: string) => ({
  envelope: { from, to: [to] },
  from: { name: fromName, address: from },
  to: { name: '', address: to },
  messageId,
  date,
  subject,
  text,
  html,
  headers: { 'Auto-Submitted': 'auto-generated' },
});

/** Where the server wants another session than ours, not another recipient: service closing, no login, wrong order. */
const OF_THE_SESSION = new Set([421, 454, 503, 530, 534, 535, 538]);

/**
 * Enhanced codes (RFC 3463) of security, policy and full quotas. Many servers say only at RCPT TO that they do not relay for
 * us, or do not take our sender: put off, and given up after a day if nobody mends it.
 */
const OF_POLICY = /^5\d\d[ -]5\.(7\.\d+|4\.5)\b/;

/**
 * What a server says at RCPT TO and DATA is about this recipient and this mail. All else is about us or itself: a wrong
 * password and a sender it does not take are the same for every mail, and wait until somebody mends them.
 */
export function kindOf({ code, command, responseCode, response }: SmtpFailure): DeliveryError['kind'] {
  if (responseCode === undefined && (code === 'EENVELOPE' || code === 'EMESSAGE')) return 'refused'; // not even sent
  const ofThisMail = command === 'RCPT TO' || command === 'DATA';
  if (!ofThisMail || responseCode === undefined || OF_THE_SESSION.has(responseCode)) return 'unavailable';
  return responseCode >= 500 && !OF_POLICY.test(response ?? '') ? 'refused' : 'deferred';
}
