import { type NoticePorts, sendNotices } from '../../shared/application/send-notices.ts';
import { parseEvent } from './parse-event.ts';

/** Consumer `notify`: tells the customer and the restaurant. */
export const notifyHandler = (ports: NoticePorts) => async (body: unknown) => sendNotices(ports, parseEvent(body));
