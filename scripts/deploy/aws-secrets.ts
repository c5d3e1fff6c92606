import { randomBytes } from 'node:crypto';
import {
  GetSecretValueCommand,
  PutSecretValueCommand,
  ResourceNotFoundException,
  type SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';

/**
 * Gives the pepper a random value where it has none: it is made here, and never in the program, whose state would know it. Answers the
 * names of the secrets that somebody still has to give a value to.
 */
export async function fillSecrets(
  client: SecretsManagerClient,
  secrets: Readonly<Record<string, string>>,
): Promise<readonly string[]> {
  const empty: string[] = [];
  for (const [key, name] of Object.entries(secrets)) {
    if (await hasValue(client, name)) continue;
    if (key !== 'pepper') empty.push(name);
    else
      await client.send(
        new PutSecretValueCommand({ SecretId: name, SecretString: randomBytes(32).toString('base64url') }),
      );
  }
  return empty;
}

async function hasValue(client: SecretsManagerClient, name: string): Promise<boolean> {
  try {
    await client.send(new GetSecretValueCommand({ SecretId: name }));
    return true;
  } catch (error) {
    if (error instanceof ResourceNotFoundException) return false;
    throw error;
  }
}
