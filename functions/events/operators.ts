import { alertOperators, type OperatorPorts } from '../../shared/application/send-notices.ts';
import { parseEvent } from './parse-event.ts';

/** Consumer `operators`: tells the operators what needs them. */
export const operatorsHandler = (ports: OperatorPorts) => async (body: unknown) =>
  alertOperators(ports, parseEvent(body));
