// A stand-in for the Rehearse server, for developing and testing the page only. It speaks the contract,
// keeps everything in memory and interviews from a fixed script.
//   node test/mock/server.mjs [port]      MOCK_MODEL=name, MOCK_TYPES="trusted-types directive"
// POST /mock/drop cuts every socket; POST /mock/deaf?s=3 refuses sockets for that many seconds.
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { formats, items, plans, report } from './script.mjs';
import { upgrade } from './socket.mjs';

const dist = fileURLToPath(new URL('../../dist/', import.meta.url));
const types = process.env.MOCK_TYPES ?? "trusted-types 'none'";
const csp = `default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; require-trusted-types-for 'script'; ${types}`;
const mime = { '.html': 'text/html; charset=utf-8', '.js': 'text/javascript', '.css': 'text/css' };
const sessions = new Map();
let count = 0;
let deafUntil = 0;

class Session {
  constructor(o) {
    const f = formats.formats.find((x) => x.id === o.format);
    Object.assign(this, { id: `s${++count}`, format: f.id, title: f.title, mode: o.mode ?? 'coached', level: o.level ?? 'L5', created_at: new Date().toISOString(), closed: false, why: '' });
    Object.assign(this, { events: [], acks: new Map(), conns: new Set(), turn: 0, open: null, block: 0, at: -1, probe: 0, words: 0, drafts: {}, speaking: null, paused: false });
    this.plan = plans[f.id];
    this.event('session.created', { format: f.id, title: f.title, mode: this.mode, level: this.level, minutes: f.minutes, seed: 1, voice: formats.voice, pack: { id: 'appsec', version: '1.0.0' }, phases: f.phases });
    this.event('round.started', { round: 1, interviewer: { name: 'Dana', role: 'senior security engineer' }, text: 'Hello, I am Dana. I will take notes while you talk.' });
    this.next();
  }
  all(frame) {
    for (const c of this.conns) c.send({ v: 1, ...frame });
  }
  event(type, data) {
    const e = { type, seq: this.events.length + 1, at: new Date().toISOString(), data };
    this.events.push(e);
    this.all(e);
    return e.seq;
  }
  clock() {
    return { interview_s: this.words * 0.45 + this.turn * 30, wall_s: (Date.now() - Date.parse(this.created_at)) / 1000, phase: this.plan[this.at]?.block.phase ?? '', paused: this.paused };
  }
  next() {
    const p = this.plan[this.at];
    if (p && this.probe < p.probes.length) return this.ask(p.probes[this.probe++], false);
    if (p) this.event('block.closed', this.mode === 'exam' ? { block: this.block } : { block: this.block, measured: { words: 212, spoken_minutes: 1.5, parts: { S: 2, T: 1, A: 5, R: 1 }, missing: [], ownership: { i: 6, we: 2, passive: 1 }, notes: ['The first number came after 90 words.'] } });
    this.at++;
    this.probe = 0;
    const q = this.plan[this.at];
    if (!q) return this.close('complete');
    this.block++;
    this.event('block.started', { block: this.block, round: 1, ...q.block });
    this.ask(q.ask, true);
  }
  ask(q, main) {
    const turn = ++this.turn;
    const words = q.text.split(/(?<= )/);
    this.speaking = { turn, text: '' };
    this.all({ type: 'model', data: { state: 'reading', detail: '' } });
    const done = () => {
      clearInterval(this.timer);
      this.speaking = null;
      this.open = turn;
      this.all({ type: 'model', data: { state: 'idle' } });
      this.event('question.asked', { turn, block: this.block, text: q.text, main, voice: formats.voice.model ?? 'authored', ...(q.material ? { material: q.material } : {}), ...(main ? {} : { probe: { type: q.type, target: 'x' } }) });
    };
    this.finish = done;
    this.timer = setInterval(() => {
      const w = words.shift();
      if (w === undefined) return done();
      this.speaking.text += w;
      this.all({ type: 'delta', data: { turn, text: w } });
    }, Number(process.env.MOCK_PACE ?? 60));
  }
  close(why) {
    clearInterval(this.timer);
    Object.assign(this, { closed: true, why, open: null, closed_at: new Date().toISOString() });
    this.event('session.closed', { why });
    this.event('report.ready', {});
  }
  command(c, conn) {
    if (c.type === 'hello') {
      conn.send({ v: 1, type: 'welcome', data: { session: this.id, seq: this.events.length, turn: this.open, draft: this.open ? (this.drafts[this.open] ?? null) : null, clock: this.clock() } });
      for (const e of this.events.slice(c.after)) conn.send({ v: 1, ...e });
      if (this.speaking?.text) conn.send({ v: 1, type: 'delta', data: this.speaking });
      this.conns.add(conn);
      return;
    }
    if (c.type === 'draft') {
      this.drafts[c.turn] = { turn: c.turn, text: c.text };
      return conn.send({ v: 1, type: 'draft.saved', data: { turn: c.turn } });
    }
    if (this.acks.has(c.id)) return conn.send({ v: 1, type: 'ack', data: { id: c.id, seq: this.acks.get(c.id) } });
    const refuse = (code, message) => conn.send({ v: 1, type: 'error', data: { id: c.id, code, message } });
    const ack = (seq) => {
      this.acks.set(c.id, seq);
      conn.send({ v: 1, type: 'ack', data: { id: c.id, seq } });
    };
    if (c.turn !== undefined && c.turn !== this.open) return refuse('conflict', `Turn ${c.turn} is not open.`);
    if (this.closed) return refuse('conflict', 'The session is closed.');
    switch (c.type) {
      case 'answer': {
        const words = (c.text.match(/\S+/g) ?? []).length;
        if (words < 12 && /\?\s*$/.test(c.text)) return ack(this.event('clarified', { turn: c.turn, question: c.text, text: 'Make an assumption and say it.' }));
        this.words += words;
        this.open = null;
        ack(this.event('answer.submitted', { turn: c.turn, text: c.text, words }));
        this.all({ type: 'clock', data: this.clock() });
        return void setTimeout(() => this.next(), 400);
      }
      case 'clarify': return ack(this.event('clarified', { turn: c.turn, question: c.text, text: 'About 2 million a day.' }));
      case 'repeat': return ack(this.event('clarified', { turn: c.turn, question: '', text: this.events.findLast((e) => e.type === 'question.asked').data.text, repeat: true }));
      case 'hint': return ack(this.event('hint.given', { turn: c.turn, text: 'Follow each value that comes from the request.' }));
      case 'skip': case 'dont_know':
        this.open = null;
        ack(this.event('turn.skipped', { turn: c.turn, why: c.type }));
        return void setTimeout(() => this.next(), 300);
      case 'artifact': return ack(this.event('artifact.saved', { turn: c.turn, kind: c.kind, rows: c.rows }));
      case 'stop': ack(this.event('speech.stopped', { turn: this.speaking?.turn })); return this.speaking ? this.finish() : undefined;
      case 'pause': this.paused = true; return ack(this.event('session.paused', { why: 'candidate' }));
      case 'resume': this.paused = false; return ack(this.event('session.resumed', {}));
      case 'end': this.close('ended'); return ack(this.events.length - 1);
      default: return refuse('invalid', `unknown type ${c.type}`);
    }
  }
}

const line = (s) => ({ id: s.id, format: s.format, title: s.title, mode: s.mode, level: s.level, created_at: s.created_at, closed: s.closed, why: s.why, blocks: s.block, answers: s.turn, interview_s: s.clock().interview_s });

async function api(req, res, url) {
  const reply = (status, value) => {
    res.writeHead(status, { 'Content-Type': 'application/json' });
    res.end(value === undefined ? '' : JSON.stringify(value));
  };
  const fail = (status, code, message) => reply(status, { error: { code, message } });
  const path = url.pathname.replace('/api/v1', '');
  if (path === '/formats') return reply(200, formats);
  if (path === '/items') return reply(200, { items: items[url.searchParams.get('kind')] ?? [] });
  if (path === '/sessions' && req.method === 'GET') return reply(200, { sessions: [...sessions.values()].reverse().map(line) });
  if (path === '/sessions' && req.method === 'POST') {
    let body = '';
    for await (const c of req) body += c;
    const s = new Session(JSON.parse(body));
    sessions.set(s.id, s);
    return reply(201, line(s));
  }
  const m = /^\/sessions\/([^/]+)(\/report(\.md)?)?$/.exec(path);
  const s = m && sessions.get(m[1]);
  if (!s) return fail(404, 'not_found', 'There is no such session.');
  if (req.method === 'DELETE') {
    sessions.delete(s.id);
    return reply(204);
  }
  if (!m[2]) return reply(200, line(s));
  if (!s.closed) return fail(409, 'conflict', 'The session is still open; its report comes when it ends.');
  return reply(200, report(s));
}

const server = createServer(async (req, res) => {
  const url = new URL(req.url, 'http://x');
  res.setHeader('Content-Security-Policy', csp);
  res.setHeader('X-Content-Type-Options', 'nosniff');
  if (url.pathname === '/mock/drop') {
    for (const s of sessions.values()) for (const c of s.conns) c.cut();
    return res.end();
  }
  if (url.pathname === '/mock/deaf') {
    deafUntil = Date.now() + 1000 * Number(url.searchParams.get('s') ?? 3);
    for (const s of sessions.values()) for (const c of s.conns) c.cut();
    return res.end();
  }
  if (url.pathname.startsWith('/api/v1/')) return api(req, res, url).catch((e) => res.end(String(e)));
  const file = normalize(url.pathname === '/' ? '/index.html' : url.pathname);
  try {
    const body = await readFile(join(dist, file));
    res.writeHead(200, { 'Content-Type': mime[extname(file)] ?? 'application/octet-stream' });
    res.end(body);
  } catch {
    res.writeHead(404).end();
  }
});

server.on('upgrade', (req, socket) => {
  const s = sessions.get(/^\/api\/v1\/sessions\/([^/]+)\/ws$/.exec(req.url)?.[1]);
  if (!s || Date.now() < deafUntil) return socket.end(`HTTP/1.1 ${s ? 503 : 404} No\r\nConnection: close\r\n\r\n`);
  const conn = upgrade(req, socket, { onText: (t) => s.command(JSON.parse(t), conn), onClose: () => s.conns.delete(conn) });
});

setInterval(() => {
  for (const s of sessions.values()) if (s.conns.size > 0 && !s.closed) s.all({ type: 'clock', data: s.clock() });
}, 2000).unref();

server.listen(Number(process.argv[2] ?? 7340), '127.0.0.1', () => console.log(`mock: http://127.0.0.1:${server.address().port}/`));
