import { type AwsService, jsonAnswer, jsonError } from './protocol.ts';

/** StartExecution of an Express state machine: names may come again. */
export function stepFunctions(executions: { name: string; input: string }[]): AwsService {
  return ({ target, body }) => {
    if (target !== 'AWSStepFunctions.StartExecution') return undefined;
    const { name, input, stateMachineArn } = JSON.parse(body) as Record<string, string>;
    if (!/^[A-Za-z0-9_-]{1,80}$/.test(name ?? '') || input === undefined) return jsonError('InvalidName');
    executions.push({ name: name ?? '', input });
    return jsonAnswer({ executionArn: `${stateMachineArn}:${name}`, startDate: 0 });
  };
}
