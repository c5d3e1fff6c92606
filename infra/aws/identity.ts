import * as cognito from '@pulumi/aws/cognito/index.js';
import * as pulumi from '@pulumi/pulumi';
import { Component, type ComponentArgs, keeps } from './component.ts';

/** Groups that only administrators put people into; one for each restaurant is made when it is needed. */
const GROUPS = { operator: 'Sees all orders; approves, refunds, redrives' } as const;

/** Sign-in: a user pool, whose people may use an authenticator app, and its one app, which gets tokens by code with PKCE alone. */
export class Identity extends Component {
  readonly pool: cognito.UserPool;
  readonly client: cognito.UserPoolClient;
  readonly issuer: pulumi.Output<string>;

  constructor(name: string, args: ComponentArgs, options: pulumi.ComponentResourceOptions) {
    super('Identity', name, options);
    const { config, prefix } = args;
    this.pool = new cognito.UserPool('pool', poolArgs(args), keeps(config, this));
    this.client = new cognito.UserPoolClient('app', clientArgs(args, this.pool), { parent: this });
    new cognito.UserPoolDomain('domain', { domain: prefix, userPoolId: this.pool.id }, { parent: this });
    for (const [group, description] of Object.entries(GROUPS)) {
      new cognito.UserGroup(group, { name: group, description, userPoolId: this.pool.id }, { parent: this });
    }
    this.issuer = pulumi.interpolate`https://cognito-idp.${config.awsRegion}.amazonaws.com/${this.pool.id}`;
    this.registerOutputs({ issuer: this.issuer });
  }
}

function poolArgs({ config, prefix }: ComponentArgs): cognito.UserPoolArgs {
  return {
    name: prefix,
    usernameAttributes: ['email'],
    autoVerifiedAttributes: ['email'],
    usernameConfiguration: { caseSensitive: false },
    passwordPolicy: {
      minimumLength: 12,
      requireLowercase: true,
      requireNumbers: true,
      requireSymbols: false,
      requireUppercase: true,
      temporaryPasswordValidityDays: 3,
    },
    mfaConfiguration: 'OPTIONAL',
    softwareTokenMfaConfiguration: { enabled: true },
    accountRecoverySetting: { recoveryMechanisms: [{ name: 'verified_email', priority: 1 }] },
    userAttributeUpdateSettings: { attributesRequireVerificationBeforeUpdates: ['email'] },
    deletionProtection: config.production ? 'ACTIVE' : 'INACTIVE',
  };
}

/** What grants anything is a group: people may write nothing but their mail address and name. */
function clientArgs({ config, prefix }: ComponentArgs, pool: cognito.UserPool): cognito.UserPoolClientArgs {
  const origins = config.corsOrigins
    .split(',')
    .map((origin) => origin.trim())
    .filter((origin) => origin !== '');
  return {
    name: `${prefix}-app`,
    userPoolId: pool.id,
    generateSecret: false,
    allowedOauthFlowsUserPoolClient: true,
    allowedOauthFlows: ['code'],
    allowedOauthScopes: ['openid', 'email'],
    supportedIdentityProviders: ['COGNITO'],
    callbackUrls:
      origins.length > 0 ? origins.map((origin) => `${origin}/signed-in`) : ['http://localhost:5173/signed-in'],
    explicitAuthFlows: ['ALLOW_REFRESH_TOKEN_AUTH', 'ALLOW_USER_SRP_AUTH'],
    writeAttributes: ['email', 'name'],
    readAttributes: ['email', 'email_verified', 'name'],
    preventUserExistenceErrors: 'ENABLED',
    enableTokenRevocation: true,
    accessTokenValidity: 60,
    idTokenValidity: 60,
    refreshTokenValidity: 30,
    tokenValidityUnits: { accessToken: 'minutes', idToken: 'minutes', refreshToken: 'days' },
  };
}
