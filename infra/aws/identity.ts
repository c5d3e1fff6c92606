import * as cognito from '@pulumi/aws/cognito/index.js';
import * as pulumi from '@pulumi/pulumi';
import { originsOf } from '../config.ts';
import { Component, type ComponentArgs, keeps } from './component.ts';

/** Where `npm run token -- --stack` waits for whoever signs in: on their own machine (RFC 8252). */
const TOKEN_CALLBACK_URL = 'http://localhost:8976/callback';
/** Groups that only administrators put people into; one for each restaurant is made when it is needed. */
const GROUPS = { operator: 'Sees all orders; approves, refunds, redrives' } as const;

/** Sign-in: a user pool, whose people may use an authenticator app, and its one app, which gets tokens by code with PKCE alone. */
export class Identity extends Component {
  readonly pool: cognito.UserPool;
  readonly client: cognito.UserPoolClient;
  readonly issuer: pulumi.Output<string>;
  /** The pool's own pages. */
  readonly signInUrl: pulumi.Output<string>;

  constructor(name: string, args: ComponentArgs, options: pulumi.ComponentResourceOptions) {
    super('Identity', name, options);
    const { config } = args;
    this.pool = new cognito.UserPool('pool', poolArgs(args), keeps(config, this));
    this.client = new cognito.UserPoolClient('app', clientArgs(args, this.pool), { parent: this });
    const domain = new cognito.UserPoolDomain(
      'domain',
      { domain: config.awsSignInDomain, userPoolId: this.pool.id },
      { parent: this },
    );
    this.signInUrl = pulumi.interpolate`https://${domain.domain}.auth.${config.awsRegion}.amazoncognito.com`;
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
    ...(config.awsSignInMailIdentity !== '' && {
      emailConfiguration: {
        emailSendingAccount: 'DEVELOPER',
        fromEmailAddress: config.smtpFrom,
        sourceArn: config.awsSignInMailIdentity,
      },
    }),
  };
}

/** What grants anything is a group: people may write nothing but their mail address and name. */
function clientArgs({ config, prefix }: ComponentArgs, pool: cognito.UserPool): cognito.UserPoolClientArgs {
  return {
    name: `${prefix}-app`,
    userPoolId: pool.id,
    generateSecret: false,
    allowedOauthFlowsUserPoolClient: true,
    allowedOauthFlows: ['code'],
    // The last one lets people enrol their authenticator app.
    allowedOauthScopes: ['openid', 'email', 'aws.cognito.signin.user.admin'],
    supportedIdentityProviders: ['COGNITO'],
    callbackUrls: [...originsOf(config).map((origin) => `${origin}/signed-in`), TOKEN_CALLBACK_URL],
    // The pool's own pages sign in by SRP: no password is ever sent.
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
