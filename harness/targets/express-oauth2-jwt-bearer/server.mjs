// express-oauth2-jwt-bearer before a resource: a backend that judges JWT access tokens by itself, with the keys of its issuer.
//
// Set beyond what the middleware needs: no tolerance for clocks that differ (it allows five seconds unless told), and the algorithm that
// this issuer signs with. What fails is answered by express.
import express from 'express';
import { auth } from 'express-oauth2-jwt-bearer';

const app = express();
const bearer = auth({
  issuerBaseURL: process.env.AUTHLOOM_ISSUER,
  audience: process.env.AUTHLOOM_AUDIENCE,
  clockTolerance: Number(process.env.CLOCK_TOLERANCE ?? 0),
});

app.get('/items', bearer, (req, res) => {
  res.json({ user: req.auth.payload.sub, items: [] });
});

const server = app.listen(Number(process.env.PORT ?? 0), '127.0.0.1', () => {
  console.log(JSON.stringify({ url: `http://127.0.0.1:${server.address().port}` }));
});

const stop = () => process.exit(0);
process.on('SIGTERM', stop);
process.stdin.on('end', stop).resume();
