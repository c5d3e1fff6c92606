import { GetSecretValueCommand, type SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { PortError } from '../../ports/port-error.ts';
import type { Secrets } from '../../ports/secrets.ts';
import { awsCall } from './aws-errors.ts';

export interface SecretsManagerSecretsOptions {
  readonly client: SecretsManagerClient;
}

const CODES = { DecryptionFailure: 'permission-denied', InvalidRequestException: 'not-found' } as const;

/**
 * Secrets in AWS Secrets Manager, by their ids or ARNs, as texts without the end of line that an editor leaves in a file. Reads each
 * time: put `cachedSecrets` before it.
 */
export function secretsManagerSecrets({ client }: SecretsManagerSecretsOptions): Secrets {
  const read = async (name: string): Promise<string> => {
    const command = new GetSecretValueCommand({ SecretId: name });
    const { SecretString: value } = await awsCall('Secrets.get', () => client.send(command), CODES);
    const text = value?.replace(/[\r\n]+$/, '');
    if (!text) throw new PortError('not-found', 'Secrets.get', { message: `the secret ${name} has no text` });
    return text;
  };
  return { get: read, refresh: read };
}
