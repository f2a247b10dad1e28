// oidc-provider with its own sign-in pages and its own storage in memory.
// Whatever is not set here is as the package ships it.
import { createServer } from 'node:http';

import { Provider } from 'oidc-provider';

const secret = process.env.AUTHLOOM_TARGET_SECRET;
if (!secret) throw new Error('AUTHLOOM_TARGET_SECRET is not set');

const minutes = 60;
const days = 24 * 60 * minutes;

const configuration = {
  clients: [
    {
      client_id: 'gui',
      token_endpoint_auth_method: 'none',
      redirect_uris: ['http://127.0.0.1:9402/callback'],
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
    },
    {
      client_id: 'backend',
      client_secret: secret,
      token_endpoint_auth_method: 'client_secret_basic',
      redirect_uris: [],
      grant_types: [],
      response_types: [],
    },
  ],
  cookies: { keys: [secret] },
  features: {
    devInteractions: { enabled: true },
    introspection: {
      enabled: true,
      // The backend asks about the tokens of the GUI.
      allowedPolicy: (ctx, client, token) => client.clientId === 'backend' || client.clientId === token.clientId,
    },
    revocation: {
      enabled: true,
      allowedPolicy: (ctx, client, token) => client.clientId === token.clientId,
    },
  },
  ttl: {
    AccessToken: 10 * minutes,
    AuthorizationCode: 5 * minutes,
    // The package's own rule for a public web client: a successor lives no longer than what it replaces.
    RefreshToken: (ctx) => ctx.oidc.entities.RotatedRefreshToken?.remainingTTL ?? 15 * minutes,
    IdToken: 10 * minutes,
    Interaction: 60 * minutes,
    Session: 14 * days,
    Grant: 14 * days,
  },
};

// Standard output is for the ready line alone; the package prints its notices with console.info.
console.info = console.error;

// The issuer names the port, so the port comes first.
const server = createServer();
server.listen(Number(process.env.PORT ?? 0), '127.0.0.1', () => {
  const url = `http://127.0.0.1:${server.address().port}`;
  server.on('request', new Provider(url, configuration).callback());
  console.log(JSON.stringify({ url }));
});

const stop = () => process.exit(0);
process.on('SIGTERM', stop);
process.stdin.on('end', stop).resume();
