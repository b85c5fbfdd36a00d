import express from 'express';
import { findLocker, open } from './store.js';

const app = express();
const tries = new Map();

app.post('/lockers/:id/open', express.json(), async (req, res) => {
  const from = req.headers['x-forwarded-for'] ?? req.socket.remoteAddress;
  const count = (tries.get(from) ?? 0) + 1;
  tries.set(from, count);
  if (count > 5) return res.status(429).end();
  const locker = await findLocker(req.params.id);
  if (locker?.pin !== String(req.body.pin)) return res.status(403).end();
  await open(locker);
  res.status(204).end();
});

export default app;
