'use strict';

const { randomInt, randomUUID } = require('node:crypto');
const express = require('express');
const cookieParser = require('cookie-parser');
const { members, sessions } = require('./db');
const mail = require('./mail');

const CODE_LIFE = 15 * 60 * 1000;
const COOKIE = { httpOnly: true, secure: true, sameSite: 'lax', path: '/' };
const failures = new Map();
setInterval(() => failures.clear(), CODE_LIFE).unref();

const app = express();
app.use(express.json({ limit: '8kb' }));
app.use(cookieParser());

app.use(async (req, res, next) => {
  req.sid = req.cookies.sid;
  if (!req.sid) {
    req.sid = randomUUID();
    res.cookie('sid', req.sid, COOKIE);
  }
  const session = await sessions.findOne({ _id: req.sid });
  req.member = session?.member ? await members.findOne({ _id: session.member }) : null;
  next();
});

function caller(req) {
  const chain = req.get('x-forwarded-for');
  return chain ? chain.split(',')[0].trim() : req.socket.remoteAddress;
}

app.post('/sign-in/code', async (req, res) => {
  const email = String(req.body.email).trim().toLowerCase();
  const code = String(randomInt(1_000_000)).padStart(6, '0');
  const changed = await members.updateOne(
    { email },
    { $set: { code, codeUntil: new Date(Date.now() + CODE_LIFE) } },
  );
  if (changed.matchedCount === 0) {
    return res.status(404).json({ error: 'We do not know this address. Join at any of our halls.' });
  }
  await mail.send(email, 'Your code', `Type ${code} to sign in.`);
  res.sendStatus(204);
});

app.post('/sign-in', async (req, res) => {
  const from = caller(req);
  const failed = failures.get(from) ?? 0;
  if (failed >= 10) return res.status(429).json({ error: 'Too many tries. Please wait.' });
  const { email, code } = req.body;
  const member = await members.findOne({ email, code, codeUntil: { $gt: new Date() } });
  if (!member) {
    failures.set(from, failed + 1);
    return res.status(401).json({ error: 'This code is wrong or too old.' });
  }
  await members.updateOne({ _id: member._id }, { $unset: { code: '', codeUntil: '' } });
  await sessions.updateOne({ _id: req.sid }, { $set: { member: member._id } }, { upsert: true });
  res.json({ name: member.name, halls: member.halls });
});

app.get('/desk/members', async (req, res) => {
  if (req.member?.role !== 'desk') return res.sendStatus(403);
  const start = String(req.query.name ?? '').slice(0, 40).replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  const found = await members
    .find({ name: { $regex: `^${start}` } })
    .project({ name: 1, halls: 1 })
    .limit(20)
    .toArray();
  res.json(found);
});

module.exports = app;
