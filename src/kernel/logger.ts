import winston from 'winston';

export type Logger = Pick<winston.Logger, 'error' | 'warn' | 'info' | 'debug'>;

/** Lines for people: time, level, message, then whatever else as JSON. The level is checked before any formatting. */
export function createLogger(level: string): winston.Logger {
  const line = winston.format.printf(({ level: name, message, ...rest }) => {
    const extra = Object.keys(rest).length === 0 ? '' : ` ${JSON.stringify(rest)}`;
    return `${new Date().toISOString()} ${name} ${String(message)}${extra}`;
  });
  return winston.createLogger({ level, format: line, transports: [new winston.transports.Stream({ stream: process.stdout })] });
}
