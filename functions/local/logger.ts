import { type DestinationStream, pino } from 'pino';
import type { Logger } from '../../shared/ports/logger.ts';

/** Structured JSON logs, one line each. Errors are logged with their stack and causes. */
export function jsonLogger({ level, destination }: { level: string; destination?: DestinationStream }): Logger {
  const options = { level, base: { platform: 'local' }, timestamp: () => `,"time":"${new Date().toISOString()}"` };
  return destination ? pino(options, destination) : pino(options);
}
