// @node-oauth/oauth2-server behind express.
//
// The framework brings the grants, their order of checks and the bearer check. What it leaves to
// its user is the glue in this file, and what the glue decides is no fact about the framework:
//   * who is signed in: /authorize answers with a form and takes a user name and a password;
//   * what is stored: everything in memory, lost at exit; expired entries stay and are refused;
//   * what dies when: a code or a refresh token is deleted when it is used, and nothing else with
//     it. The access token of a spent refresh token lives on; a replay only fails.
// There is no introspection and no revocation: the framework has none.
import OAuth2Server from '@node-oauth/oauth2-server';
import express from 'express';

const { Request, Response } = OAuth2Server;

const minutes = 60;

const client = {
  id: 'gui',
  grants: ['authorization_code', 'refresh_token'],
  redirectUris: ['http://127.0.0.1:9402/callback'],
};
const users = new Map([['demo', process.env.AUTHLOOM_TARGET_PASSWORD ?? 'demo']]);

const codes = new Map();
const accessTokens = new Map();
const refreshTokens = new Map();

const model = {
  getClient: (id) => (id === client.id ? client : null),

  saveAuthorizationCode(code, client, user) {
    const saved = { ...code, client, user };
    codes.set(code.authorizationCode, saved);
    return saved;
  },
  getAuthorizationCode: (code) => codes.get(code),
  // True for one caller only: the framework refuses the code to the others.
  revokeAuthorizationCode: (code) => codes.delete(code.authorizationCode),

  saveToken(token, client, user) {
    const saved = { ...token, client, user };
    accessTokens.set(token.accessToken, saved);
    refreshTokens.set(token.refreshToken, saved);
    return saved;
  },
  getAccessToken: (token) => accessTokens.get(token),
  getRefreshToken: (token) => refreshTokens.get(token),
  // True for one caller only, as above.
  revokeToken: (token) => refreshTokens.delete(token.refreshToken),
};

const oauth = new OAuth2Server({
  model,
  authorizationCodeLifetime: 5 * minutes,
  accessTokenLifetime: 10 * minutes,
  refreshTokenLifetime: 15 * minutes,
  // The only client is public.
  requireClientAuthentication: { authorization_code: false, refresh_token: false },
});

const app = express();
app.use(express.urlencoded({ extended: false }));

// Hands a request to the framework and sends what it puts in the response.
const endpoint = (handle) => async (req, res) => {
  const response = new Response();
  try {
    await handle(new Request(req), response);
  } catch (error) {
    // A redirect that carries the error is already in the response.
    if (!response.get('location')) {
      response.status = error.code ?? 500;
      response.body = { error: error.name, error_description: error.message };
    }
  }
  res.status(response.status).set(response.headers).send(response.body);
};

app.get('/authorize', (req, res) => {
  // No action: the form is posted to this same address, with the query of the request.
  res.send(`<!doctype html>
<title>Sign in</title>
<form method="post">
  <input name="username" required>
  <input name="password" type="password" required>
  <button>Sign in</button>
</form>
`);
});

app.post('/authorize', (req, res) => {
  const { username, password } = req.body;
  if (users.get(username) !== password || password === undefined) {
    res.status(403).send('wrong user name or password');
    return;
  }
  const authenticateHandler = { handle: () => ({ username }) };
  endpoint((request, response) => oauth.authorize(request, response, { authenticateHandler }))(req, res);
});

app.post('/token', endpoint((request, response) => oauth.token(request, response)));

app.get('/items', endpoint(async (request, response) => {
  const { user } = await oauth.authenticate(request, response);
  response.body = { user: user.username, items: [] };
}));

const server = app.listen(Number(process.env.PORT ?? 0), '127.0.0.1', () => {
  console.log(JSON.stringify({ url: `http://127.0.0.1:${server.address().port}` }));
});

const stop = () => process.exit(0);
process.on('SIGTERM', stop);
process.stdin.on('end', stop).resume();
