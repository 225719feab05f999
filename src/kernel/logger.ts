import { Writable } from 'node:stream';
import winston from 'winston';

export type Logger = Pick<winston.Logger, 'error' | 'warn' | 'info' | 'debug'>;

/** Lines for people: time, level, message, then whatever else as JSON. The level is checked before any formatting. */
export function createLogger(level: string): winston.Logger {
  const line = winston.format.printf(({ level: name, message, ...rest }) => {
    const extra = Object.keys(rest).length === 0 ? '' : ` ${JSON.stringify(rest)}`;
    return `${new Date().toISOString()} ${name} ${oneLine(String(message))}${extra}`;
  });
  return winston.createLogger({ level, format: line, transports: [new winston.transports.Stream({ stream: joined(process.stdout) })] });
}

/** What senders write (topics, ids) must not look like lines of ours. */
const oneLine = (text: string): string => (/[\r\n]/.test(text) ? text.replace(/\s*[\r\n]+\s*/g, ' ⏎ ') : text);

/** The first line goes out at once, those of the same turn of the event loop in one write behind it: writing blocks. */
const joined = (out: NodeJS.WritableStream): Writable =>
  new Writable({
    decodeStrings: false,
    write(line: string, _encoding, done) {
      out.write(line);
      setImmediate(done);
    },
    writev(lines, done) {
      out.write(lines.map(({ chunk }) => chunk as string).join(''));
      setImmediate(done);
    },
  });
