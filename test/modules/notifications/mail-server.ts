import type { AddressInfo } from 'node:net';
import { SMTPServer } from 'smtp-server';

/** A mail as the server took it. */
export interface Mail {
  to: string[];
  from: string;
  /** By lower-case name, decoded. */
  headers: Map<string, string>;
  text: string;
  html: string;
  raw: string;
}

export interface MailServer {
  url: string;
  port: number;
  /** In the order they were taken. */
  mails: Mail[];
  /** How often somebody was named as a recipient, by address. */
  asked: Map<string, number>;
  /** Answers a recipient with this code, until it is told otherwise. */
  answer(address: string, code: number | undefined): void;
  /** Called when a mail is taken, before the 250 goes out. */
  beforeAnswer(hook: (mail: Mail) => void | Promise<void>): void;
  close(): Promise<void>;
}

/** A real SMTP server in this process. */
export async function startMailServer(port = 0): Promise<MailServer> {
  const mails: Mail[] = [];
  const asked = new Map<string, number>();
  const answers = new Map<string, number>();
  let hook: (mail: Mail) => void | Promise<void> = () => undefined;
  const server = new SMTPServer({
    disabledCommands: ['AUTH', 'STARTTLS'],
    logger: false,
    closeTimeout: 50,
    onRcptTo({ address }, _session, answer) {
      asked.set(address, (asked.get(address) ?? 0) + 1);
      const code = answers.get(address);
      answer(code === undefined ? null : Object.assign(new Error(`<${address}> not just so`), { responseCode: code }));
    },
    onData(stream, { envelope }, answer) {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        const from = envelope.mailFrom === false ? '' : envelope.mailFrom.address;
        const mail = { ...parse(Buffer.concat(chunks).toString('utf8')), from, to: envelope.rcptTo.map(({ address }) => address) };
        mails.push(mail);
        void Promise.resolve(hook(mail)).then(() => answer());
      });
    },
  });
  server.on('error', () => undefined); // a client that was killed
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const bound = (server.server.address() as AddressInfo).port;
  return {
    url: `smtp://127.0.0.1:${bound}`,
    port: bound,
    mails,
    asked,
    answer: (address, code) => void (code === undefined ? answers.delete(address) : answers.set(address, code)),
    beforeAnswer: (given) => void (hook = given),
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

function parse(raw: string): Pick<Mail, 'headers' | 'text' | 'html' | 'raw'> {
  const headers = headersOf(raw);
  const boundary = /boundary="([^"]+)"/.exec(headers.get('content-type') ?? '')?.[1] ?? '';
  const parts = raw.split(`--${boundary}`).filter((part) => part.startsWith('\r\n'));
  const part = (type: string) => parts.find((one) => headersOf(one.trimStart()).get('content-type')?.startsWith(type)) ?? '';
  return { headers, text: bodyOf(part('text/plain')), html: bodyOf(part('text/html')), raw };
}

function headersOf(raw: string): Map<string, string> {
  const [head = ''] = raw.split('\r\n\r\n');
  const lines = head.replace(/\r\n[ \t]+/g, ' ').split('\r\n');
  return new Map(lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), words(line.slice(line.indexOf(':') + 1).trim())]));
}

function bodyOf(part: string): string {
  const body = part.trimStart().split('\r\n\r\n').slice(1).join('\r\n\r\n');
  const encoding = headersOf(part.trimStart()).get('content-transfer-encoding');
  if (encoding === 'base64') return Buffer.from(body, 'base64').toString('utf8');
  return encoding === 'quoted-printable' ? unquoted(body.replace(/=\r\n/g, '')) : body;
}

const unquoted = (text: string): string =>
  Buffer.from(text.replace(/=([0-9A-F]{2})/g, (_all, hex: string) => String.fromCharCode(parseInt(hex, 16))), 'latin1').toString('utf8');

/** RFC 2047. */
const words = (text: string): string =>
  text
    .replace(/\?=\s+=\?/g, '?==?')
    .replace(/=\?utf-8\?([QB])\?([^?]*)\?=/gi, (_all, kind: string, body: string) =>
      kind.toUpperCase() === 'B' ? Buffer.from(body, 'base64').toString('utf8') : unquoted(body.replace(/_/g, ' ')),
    );
