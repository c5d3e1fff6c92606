import { type AwsService, jsonAnswer, jsonError } from './protocol.ts';

export function secretsManager(secrets: ReadonlyMap<string, string>): AwsService {
  return ({ target, body }) => {
    if (target !== 'secretsmanager.GetSecretValue') return undefined;
    const { SecretId: id } = JSON.parse(body) as { readonly SecretId: string };
    const value = secrets.get(id);
    return value === undefined ? jsonError('ResourceNotFoundException') : jsonAnswer({ Name: id, SecretString: value });
  };
}
