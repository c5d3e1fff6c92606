import { fromEnv } from '@aws-sdk/credential-provider-env';

/**
 * Takes the place of the SDK's search for credentials in the bundles (see scripts/bundle.ts): a Lambda function has those of its role
 * in its environment, and would carry the code for profiles, single sign-on and other machines in vain.
 */
export const defaultProvider = fromEnv;
