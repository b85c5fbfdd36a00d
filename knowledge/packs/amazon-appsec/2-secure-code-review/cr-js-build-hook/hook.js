import { createHmac, timingSafeEqual } from 'node:crypto';
import { exec as execCallback, execFile as execFileCallback } from 'node:child_process';
import { mkdtemp, readFile, realpath, rm } from 'node:fs/promises';
import { promisify } from 'node:util';
import express from 'express';
import { postToChat } from './chat.js';

const exec = promisify(execCallback);
const execFile = promisify(execFileCallback);
const { HOOK_SECRET } = process.env;
const SITES = new Map(Object.entries(JSON.parse(await readFile('/etc/preview/sites.json', 'utf8'))));
let queue = Promise.resolve();

const app = express();
app.use(express.raw({ type: 'application/json', limit: '1mb' }));

function signed(req) {
  const sent = Buffer.from((req.get('x-hub-signature-256') ?? '').replace('sha256=', ''), 'hex');
  const due = createHmac('sha256', HOOK_SECRET).update(req.body).digest();
  return timingSafeEqual(sent, due.subarray(0, sent.length));
}

async function checkout(site, branch) {
  const folder = await mkdtemp('/var/build/site-');
  await exec(`git clone --depth 1 --branch "${branch}" "${site.clone}" ${folder}`);
  return folder;
}

async function build(folder, branch) {
  const options = {
    cwd: folder,
    env: { ...process.env, PREVIEW_BRANCH: branch, CI: 'true' },
    timeout: 10 * 60 * 1000,
    maxBuffer: 16 * 1024 * 1024,
  };
  await execFile('npm', ['ci'], options);
  await execFile('npm', ['run', 'build'], options);
}

async function publish(site, folder) {
  const dist = await realpath(`${folder}/dist`);
  if (!dist.startsWith(`${folder}/`)) throw new Error('dist is not part of the build');
  await execFile('rsync', ['-rt', '--delete', `${dist}/`, `${site.host}:${site.docroot}/`]);
}

async function run(site, branch) {
  let folder;
  try {
    folder = await checkout(site, branch);
    await build(folder, branch);
    await publish(site, folder);
    await postToChat(site.channel, `Preview of ${branch} is at ${site.preview}`);
  } catch (problem) {
    const tail = String(problem.stderr ?? problem).slice(-3000);
    const context = { branch, site, env: process.env };
    await postToChat(site.channel, `Build failed:\n${tail}\n${JSON.stringify(context, null, 2)}`);
  } finally {
    if (folder) await rm(folder, { recursive: true, force: true });
  }
}

app.post('/hooks/push', (req, res) => {
  if (!signed(req)) return res.sendStatus(401);
  const event = JSON.parse(req.body);
  const site = SITES.get(event.repository?.full_name);
  if (!site || !event.ref?.startsWith('refs/heads/')) return res.sendStatus(204);
  const branch = event.ref.slice('refs/heads/'.length);
  queue = queue.then(() => run(site, branch)).catch(console.error);
  res.sendStatus(202);
});

app.listen(8080);
