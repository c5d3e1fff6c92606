import { type AwsService, jsonAnswer, jsonError } from './protocol.ts';

export interface Schedule {
  readonly name: string;
  /** Epoch milliseconds. */
  readonly at: number;
  readonly input: string;
}

const PATH = /^\/schedules\/([^/]+)$/;
const NAME = /^[0-9a-zA-Z-_.]{1,64}$/;

/** CreateSchedule for one moment; schedules that were carried out are to be taken from the map. */
export function scheduler(schedules: Map<string, Schedule>): AwsService {
  return ({ method, url, body }) => {
    const name = PATH.exec(url.pathname)?.[1];
    if (method !== 'POST' || name === undefined) return undefined;
    const { ScheduleExpression, ScheduleExpressionTimezone, ActionAfterCompletion, Target, FlexibleTimeWindow } =
      JSON.parse(body);
    const [, moment = ''] = /^at\((\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\)$/.exec(ScheduleExpression) ?? [];
    const good = NAME.test(name) && moment !== '' && ScheduleExpressionTimezone === 'UTC';
    if (!good || ActionAfterCompletion !== 'DELETE' || FlexibleTimeWindow?.Mode !== 'OFF' || !Target?.RoleArn) {
      return jsonError('ValidationException');
    }
    if (schedules.has(name)) return jsonError('ConflictException', 409);
    schedules.set(name, { name, at: Date.parse(`${moment}Z`), input: Target.Input });
    return jsonAnswer({ ScheduleArn: `arn:aws:scheduler:eu-central-1:000000000000:schedule/orders/${name}` });
  };
}
