'use strict';

const express = require('express');
const { objects } = require('./collection');
const { curatorOf } = require('./curators');

const PUBLIC = ['id', 'title', 'maker', 'year', 'material', 'description', 'image'];
const INTERNAL = [...PUBLIC, 'shelf', 'insuredFor', 'lender'];

const pick = (record, fields) => Object.fromEntries(fields.map((f) => [f, record[f]]));
const literal = (text) => text.replace(/[.+?^${}()|[\]\\]/g, '\\$&');

function wildcard(text) {
  const parts = String(text).trim().slice(0, 200).split('*').map(literal);
  return new RegExp(parts.join('.*'), 'is');
}

function byField(name, descending) {
  const sign = descending ? -1 : 1;
  return (a, b) => {
    const left = a[name] ?? '';
    const right = b[name] ?? '';
    return left < right ? -sign : left > right ? sign : 0;
  };
}

const router = express.Router();

router.use((req, res, next) => {
  res.set('Access-Control-Allow-Origin', '*');
  res.set('X-Content-Type-Options', 'nosniff');
  next();
});

router.get('/search', (req, res) => {
  const { q, sort = 'title', material } = req.query;
  let hits = objects;
  if (q) {
    const pattern = wildcard(q);
    hits = hits.filter((o) => pattern.test(o.title) || pattern.test(o.description));
  }
  if (material) {
    hits = hits.filter((o) => o.material === material);
  }
  const descending = String(sort).startsWith('-');
  const name = String(sort).replace(/^-/, '');
  hits = [...hits].sort(byField(name, descending));

  const size = Number(req.query.size) || 24;
  const page = Math.max(1, Number(req.query.page) || 1);
  const shown = hits.slice((page - 1) * size, page * size);

  const fields = curatorOf(req) ? INTERNAL : PUBLIC;
  res.set('Cache-Control', 'public, max-age=600');
  res.json({ total: hits.length, page, objects: shown.map((o) => pick(o, fields)) });
});

router.get('/objects/:id', (req, res) => {
  const record = objects.find((o) => o.id === Number(req.params.id));
  if (!record) return res.status(404).json({ error: 'There is no such object.' });
  const curator = curatorOf(req);
  res.set('Cache-Control', curator ? 'private, no-store' : 'public, max-age=600');
  res.json(pick(record, curator ? INTERNAL : PUBLIC));
});

module.exports = router;
