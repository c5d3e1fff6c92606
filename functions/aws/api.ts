import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { readAwsSettings } from '../../shared/config/aws.ts';
import type { Environment } from '../../shared/config/settings.ts';
import { createApp } from '../http/app.ts';
import { appDepsOf, type HttpClients, type HttpFunction, httpFunction } from './http.ts';
import { type Platform, platformOf, secretsOf } from './platform.ts';

export interface ApiClients extends HttpClients {
  readonly secretsManager: SecretsManagerClient;
}

/** The API for customers and restaurants. It can neither charge nor send, and knows no secret but the pepper. */
export function apiFunction(
  environment: Environment,
  clients: ApiClients,
  overrides: Partial<Platform> = {},
): HttpFunction {
  const settings = readAwsSettings('api', environment);
  const platform = platformOf('api', settings, overrides);
  const secrets = secretsOf(clients.secretsManager, platform.clock);
  return httpFunction(
    async () => createApp(appDepsOf(settings, clients, platform, await secrets.get(settings.PEPPER_SECRET))),
    platform,
  );
}
