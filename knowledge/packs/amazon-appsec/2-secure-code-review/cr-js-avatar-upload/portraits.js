'use strict';

const fs = require('node:fs/promises');
const path = require('node:path');
const { randomUUID } = require('node:crypto');
const express = require('express');
const multer = require('multer');
const sharp = require('sharp');
const sitters = require('./sitters');
const { signedIn } = require('./session');

const MEDIA = '/srv/pawsitters/media';
const WIDTHS = new Map([['s', 64], ['m', 160], ['l', 480]]);

const upload = multer({
  dest: '/srv/pawsitters/incoming',
  limits: { fileSize: 8 * 1024 * 1024, files: 1 },
});
const router = express.Router();
const READ = { limitInputPixels: false, failOn: 'none' };

async function thumbnails(file, name) {
  const image = sharp(file.path, READ).rotate();
  for (const [key, width] of WIDTHS) {
    await image.clone().resize(width).webp().toFile(path.join(MEDIA, `${name}.${key}.webp`));
  }
}

async function keep(file) {
  const name = `${randomUUID()}${path.extname(file.originalname).toLowerCase()}`;
  await fs.copyFile(file.path, path.join(MEDIA, name));
  return name;
}

router.put('/sitters/:id/portrait', signedIn, upload.single('portrait'), async (req, res) => {
  if (!req.file) return res.status(400).json({ error: 'No picture was sent.' });
  try {
    if (!req.file.mimetype.startsWith('image/')) {
      return res.status(415).json({ error: 'Please send a picture.' });
    }
    const sitter = await sitters.byId(Number(req.params.id));
    if (!sitter) return res.sendStatus(404);
    const name = await keep(req.file);
    await sitters.setPortrait(sitter.id, name);
    res.json({ portrait: `/media/${name}` });
    await thumbnails(req.file, name);
  } catch (problem) {
    if (!res.headersSent) throw problem;
    console.error('no thumbnails', problem);
  } finally {
    await fs.unlink(req.file.path);
  }
});

router.get('/sitters/:id/portrait', async (req, res) => {
  const sitter = await sitters.byId(Number(req.params.id));
  const width = WIDTHS.has(req.query.w) ? req.query.w : 'm';
  if (!sitter?.portrait) return res.redirect('/img/nobody.webp');
  res.redirect(`/media/${sitter.portrait}.${width}.webp`);
});

router.get('/media/:name', (req, res) => {
  const file = path.join(MEDIA, req.params.name);
  if (!file.startsWith(MEDIA)) return res.sendStatus(404);
  res.set('Cache-Control', 'public, max-age=86400');
  res.sendFile(file);
});

module.exports = router;
