import { type AwsService, jsonAnswer, jsonError } from './protocol.ts';

/** GetSecretValue and PutSecretValue, by name. */
export function secretsManager(secrets: Map<string, string>): AwsService {
  return ({ target, body }) => {
    const [service, operation] = target.split('.');
    if (service !== 'secretsmanager') return undefined;
    const { SecretId: id, SecretString: given } = JSON.parse(body) as {
      readonly SecretId: string;
      readonly SecretString?: string;
    };
    if (operation === 'PutSecretValue') {
      secrets.set(id, given ?? '');
      return jsonAnswer({ Name: id });
    }
    if (operation !== 'GetSecretValue') return undefined;
    const value = secrets.get(id);
    return value === undefined ? jsonError('ResourceNotFoundException') : jsonAnswer({ Name: id, SecretString: value });
  };
}
