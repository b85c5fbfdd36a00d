import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Frame, SentCommand } from '../src/wire/frames';
import { once } from '../src/wire/once';
import { Connection, type SocketLike, type Status } from '../src/wire/socket';

class Fake implements SocketLike {
  sent: Record<string, unknown>[] = [];
  closed = false;
  onopen: ((ev: never) => void) | null = null;
  onmessage: ((ev: { data: unknown }) => void) | null = null;
  onclose: ((ev: { code: number; reason: string }) => void) | null = null;
  send(text: string) {
    this.sent.push(JSON.parse(text) as Record<string, unknown>);
  }
  close() {
    this.closed = true;
  }
  open() {
    this.onopen?.(undefined as never);
  }
  say(frame: object) {
    this.onmessage?.({ data: JSON.stringify({ v: 1, ...frame }) });
  }
  drop(code = 1006, reason = '') {
    this.onclose?.({ code, reason });
  }
}

let sockets: Fake[];
let frames: Frame[];
let statuses: Status[];
let stored: SentCommand[];
let n: number;
const last = () => sockets.at(-1)!;

function make(extra: { probe?: () => Promise<string | null>; onRestart?: () => void } = {}) {
  const c = new Connection({
    open: () => {
      const f = new Fake();
      sockets.push(f);
      return f;
    },
    onFrame: (f) => frames.push(f),
    onStatus: (s) => statuses.push(s),
    onSent: () => {},
    outbox: { load: () => stored, save: (v) => (stored = [...v]) },
    newId: () => `id${++n}`,
    random: () => 0.5,
    ...extra,
  });
  c.connect();
  return c;
}

const welcome = (seq: number, turn: number | null = 1) => ({ type: 'welcome', data: { session: 's', seq, turn } });
const event = (seq: number) => ({ type: 'hint.given', seq, at: 'x', data: { turn: 1, text: `h${seq}` } });

beforeEach(() => {
  vi.useFakeTimers();
  sockets = [];
  frames = [];
  statuses = [];
  stored = [];
  n = 0;
});
afterEach(() => vi.useRealTimers());

describe('resume', () => {
  it('says hello with the last sequence number it has', () => {
    make();
    last().open();
    expect(last().sent).toEqual([{ v: 1, type: 'hello', after: 0 }]);
    last().say(welcome(2));
    last().say(event(1));
    last().say(event(2));
    last().drop();
    vi.advanceTimersByTime(10_000);
    expect(sockets).toHaveLength(2);
    last().open();
    expect(last().sent[0]).toEqual({ v: 1, type: 'hello', after: 2 });
  });

  it('passes each event once', () => {
    make();
    last().open();
    last().say(welcome(1));
    last().say(event(1));
    last().say(event(1));
    last().say(event(2));
    last().say(event(1));
    expect(frames.filter((f) => f.seq !== undefined).map((f) => f.seq)).toEqual([1, 2]);
  });

  it('counts events of unknown types', () => {
    const c = make();
    last().open();
    last().say(welcome(2));
    last().say({ type: 'something.new', seq: 1, data: {} });
    last().say(event(2));
    expect(c.lastSeq).toBe(2);
    expect(c.caughtUp).toBe(true);
  });

  it('asks again when there is a hole, and does not ask for ever', () => {
    const c = make();
    last().open();
    last().say(welcome(3));
    last().say(event(1));
    last().say(event(3));
    expect(last().closed).toBe(true);
    vi.advanceTimersByTime(10_000);
    last().open();
    expect(last().sent[0]).toMatchObject({ after: 1 });
    last().say(welcome(3));
    last().say(event(3));
    expect(c.lastSeq).toBe(3);
    expect(sockets).toHaveLength(2);
  });

  it('begins again when the log of the server ends before what it has', () => {
    let restarts = 0;
    const c = make({ onRestart: () => restarts++ });
    last().open();
    last().say(welcome(2));
    last().say(event(1));
    last().say(event(2));
    last().drop();
    vi.advanceTimersByTime(10_000);
    const id = c.send({ type: 'answer', turn: 1, text: 'typed meanwhile' });
    last().open();
    expect(last().sent[0]).toMatchObject({ type: 'hello', after: 2 });
    last().say(welcome(1));
    expect(restarts).toBe(1);
    expect(last().closed).toBe(true);
    expect(last().sent).toHaveLength(1); // nothing is answered before it has caught up
    vi.advanceTimersByTime(10_000);
    expect(sockets).toHaveLength(3);
    last().open();
    expect(last().sent[0]).toMatchObject({ type: 'hello', after: 0 });
    last().say(welcome(1));
    last().say(event(1));
    expect(c.caughtUp).toBe(true);
    expect(last().sent[1]).toMatchObject({ type: 'answer', id, text: 'typed meanwhile' });
    expect(restarts).toBe(1);
  });

  it('ignores a socket that it left', () => {
    make();
    const old = last();
    old.open();
    old.drop();
    vi.advanceTimersByTime(10_000);
    old.say(event(1));
    expect(frames).toEqual([]);
  });
});

describe('commands', () => {
  it('wait until the client has caught up', () => {
    const c = make();
    c.send({ type: 'answer', turn: 1, text: 'x' });
    last().open();
    last().say(welcome(2));
    last().say(event(1));
    expect(last().sent).toHaveLength(1);
    last().say(event(2));
    expect(last().sent[1]).toEqual({ v: 1, type: 'answer', turn: 1, text: 'x', id: 'id1' });
  });

  it('are sent again under the same id until acked', () => {
    const c = make();
    last().open();
    last().say(welcome(0));
    c.send({ type: 'answer', turn: 1, text: 'x' });
    last().drop();
    vi.advanceTimersByTime(10_000);
    last().open();
    last().say(welcome(0));
    expect(last().sent[1]).toMatchObject({ type: 'answer', id: 'id1' });
    last().say({ type: 'ack', data: { id: 'id1', seq: 1 } });
    expect(c.unacked).toEqual([]);
    expect(stored).toEqual([]);
    last().drop();
    vi.advanceTimersByTime(10_000);
    last().open();
    last().say(welcome(0));
    expect(last().sent).toHaveLength(1);
  });

  it('survive a reload', () => {
    stored = [{ type: 'answer', turn: 1, text: 'x', id: 'old' }];
    make();
    last().open();
    last().say(welcome(0));
    expect(last().sent[1]).toMatchObject({ id: 'old' });
  });

  it('are dropped when refused', () => {
    const c = make();
    last().open();
    last().say(welcome(0));
    c.send({ type: 'skip', turn: 1 });
    last().say({ type: 'error', data: { id: 'id1', code: 'conflict', message: 'no' } });
    expect(c.unacked).toEqual([]);
  });

  it('an error without an id drops nothing', () => {
    const c = make();
    last().open();
    last().say(welcome(0));
    c.send({ type: 'skip', turn: 1 });
    last().say({ type: 'error', data: { code: 'invalid', message: 'no' } });
    expect(c.unacked).toHaveLength(1);
  });

  it('only the newest draft waits, and not beside its answer', () => {
    const c = make();
    expect(c.draft(1, 'a')).toBe(false);
    c.draft(1, 'ab');
    last().open();
    last().say(welcome(0));
    expect(last().sent.slice(1)).toEqual([{ v: 1, type: 'draft', turn: 1, text: 'ab' }]);
    last().drop();
    c.draft(1, 'abc');
    c.send({ type: 'answer', turn: 1, text: 'abc' });
    vi.advanceTimersByTime(10_000);
    last().open();
    last().say(welcome(0));
    expect(last().sent.slice(1).map((f) => f.type)).toEqual(['answer']);
  });
});

describe('reconnecting', () => {
  it('backs off and starts over after a welcome', () => {
    make();
    for (const ms of [400, 800, 1600]) {
      const before = sockets.length;
      last().drop();
      vi.advanceTimersByTime(ms - 1);
      expect(sockets).toHaveLength(before);
      vi.advanceTimersByTime(1);
      expect(sockets).toHaveLength(before + 1);
    }
    last().open();
    last().say(welcome(0));
    last().drop(4008);
    vi.advanceTimersByTime(400);
    expect(sockets).toHaveLength(5);
  });

  it.each([1009, 4500, 4999])('does not come back after %i', (code) => {
    make();
    last().open();
    last().drop(code, 'enough');
    vi.advanceTimersByTime(60_000);
    expect(sockets).toHaveLength(1);
    expect(statuses.at(-1)?.state).toBe('gone');
  });

  it('gives up when the session is not there', async () => {
    make({ probe: () => Promise.resolve('This session does not exist any more.') });
    last().drop();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(sockets).toHaveLength(1);
    expect(statuses.at(-1)).toEqual({ state: 'gone', reason: 'This session does not exist any more.' });
  });

  it('hurries when asked', () => {
    const c = make();
    last().drop();
    c.hurry();
    expect(sockets).toHaveLength(2);
  });
});

describe('a log that became shorter', () => {
  const past = { type: 'error', data: { code: 'invalid', field: 'after', message: 'this session has 1 events; 2 is past its end, start again from 0' } };
  it('is read again from the start, and what waits is sent after that', () => {
    let restarts = 0;
    const c = make({ onRestart: () => restarts++ });
    last().open();
    last().say(welcome(2));
    last().say(event(1));
    last().say(event(2));
    last().drop();
    c.send({ type: 'repeat', turn: 1 });
    vi.advanceTimersByTime(1000);
    last().open();
    expect(last().sent).toEqual([{ v: 1, type: 'hello', after: 2 }]);
    last().say(past);
    expect([restarts, c.lastSeq, last().closed]).toEqual([1, 0, true]);
    vi.advanceTimersByTime(2000);
    last().open();
    last().say(welcome(1));
    last().say(event(1));
    expect(last().sent.map((f) => [f.type, f.after])).toEqual([['hello', 0], ['repeat', undefined]]);
    expect(statuses.at(-1)).toEqual({ state: 'open' });
  });
  it('a refusal of a hello from the start is no reason to begin again', () => {
    let restarts = 0;
    make({ onRestart: () => restarts++ });
    last().open();
    last().say(past);
    expect([restarts, sockets.length]).toEqual([0, 1]);
  });
});

describe('one command to a closed session', () => {
  const rate = { type: 'rate', block: 1, dimensions: { B1: 3 } } as const;
  const dial = () => {
    const f = new Fake();
    sockets.push(f);
    return f;
  };

  it('is sent after catching up, acked, and the socket is left', async () => {
    const done = once('s', rate, dial);
    last().open();
    last().say(welcome(0, null));
    const sent = last().sent.find((f) => f.type === 'rate');
    expect(sent).toMatchObject({ type: 'rate', block: 1, dimensions: { B1: 3 } });
    last().say({ type: 'ack', data: { id: sent?.id, seq: 9 } });
    await done;
    expect(last().closed).toBe(true);
  });

  it('says what the server refused', async () => {
    const done = once('s', rate, dial);
    last().open();
    last().say(welcome(0, null));
    const sent = last().sent.find((f) => f.type === 'rate');
    last().say({ type: 'error', data: { id: sent?.id, code: 'invalid', message: 'there is no block 1' } });
    await expect(done).rejects.toThrow('there is no block 1');
  });

  it('gives up in time', async () => {
    const done = once('s', rate, dial);
    const failed = expect(done).rejects.toThrow('did not answer in time');
    await vi.advanceTimersByTimeAsync(10_001);
    await failed;
  });
});
