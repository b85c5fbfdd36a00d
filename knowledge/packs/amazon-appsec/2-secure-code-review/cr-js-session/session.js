'use strict';

const express = require('express');
const cookieParser = require('cookie-parser');
const jwt = require('jsonwebtoken');
const accounts = require('./accounts');

const SECRET = process.env.SESSION_SECRET;
const CLAIMS = { algorithm: 'HS256', issuer: 'accounts', audience: 'shop', expiresIn: '15m' };
const COOKIE = { httpOnly: true, secure: true, sameSite: 'none', path: '/' };
const HOME = new Map([
  ['shop', 'https://shop.example/home'],
  ['partners', 'https://partners.example/desk'],
]);

const app = express();
app.use(express.json({ limit: '32kb' }));
app.use(express.urlencoded({ extended: false, limit: '32kb' }));
app.use(cookieParser());

app.use((req, res, next) => {
  const origin = req.headers.origin;
  if (origin) {
    res.vary('Origin');
    res.set('Access-Control-Allow-Origin', origin);
    res.set('Access-Control-Allow-Credentials', 'true');
    res.set('Access-Control-Allow-Headers', 'content-type');
    res.set('Access-Control-Allow-Methods', 'GET, POST, PUT');
  }
  if (req.method === 'OPTIONS') return res.sendStatus(204);
  next();
});

async function authenticate(req, res, next) {
  const claims = jwt.decode(req.cookies.session);
  if (!claims || claims.iss !== CLAIMS.issuer || claims.exp * 1000 < Date.now()) {
    return res.sendStatus(401);
  }
  req.account = await accounts.findById(claims.sub);
  if (!req.account) return res.sendStatus(401);
  next();
}

function requireStaff(req, res, next) {
  if (!req.account.isStaff) return res.sendStatus(403);
  next();
}

function merge(target, source) {
  for (const key of Object.keys(source)) {
    const value = source[key];
    if (value && typeof value === 'object') {
      target[key] = merge(target[key] || {}, value);
    } else {
      target[key] = value;
    }
  }
  return target;
}

app.post('/session/refresh', authenticate, (req, res) => {
  const token = jwt.sign({ sub: req.account.id }, SECRET, CLAIMS);
  res.cookie('session', token, COOKIE).sendStatus(204);
});

app.get('/home', authenticate, (req, res) => {
  res.redirect(HOME.get(req.query.app) || HOME.get('shop'));
});

app.get('/account', authenticate, (req, res) => {
  const { id, email, apiKey, preferences } = req.account;
  res.json({ id, email, apiKey, preferences });
});

app.put('/account/preferences', authenticate, async (req, res) => {
  req.account.preferences = merge(req.account.preferences, req.body || {});
  await accounts.save(req.account);
  res.json(req.account.preferences);
});

app.post('/account/delegates', authenticate, async (req, res) => {
  await accounts.addDelegate(req.account.id, String(req.body.email));
  res.sendStatus(204);
});

app.get('/staff/accounts', authenticate, requireStaff, async (req, res) => {
  res.json(await accounts.list({ limit: 100 }));
});

module.exports = app;
