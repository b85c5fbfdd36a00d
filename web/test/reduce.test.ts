import { describe, expect, it } from 'vitest';
import { caughtUp, canAnswer, initial, mayHint, type Model } from '../src/state/model';
import { reduce } from '../src/state/reduce';
import { decode, type Frame, type FrameData, type FrameType, type SentCommand } from '../src/wire/frames';
import lines from './frames.jsonl?raw';

const recorded = lines
  .trimEnd()
  .split('\n')
  .map((l) => decode(l) as Frame);

const open = (m: Model) => reduce(m, { on: 'status', status: { state: 'open' } });
const feed = (m: Model, frames: Frame[]) => frames.reduce((x, frame) => reduce(x, { on: 'frame', frame }), m);
const f = <T extends FrameType>(type: T, data: FrameData[T], seq?: number) => ({ type, data, seq }) as Frame;
const sent = (m: Model, command: SentCommand) => reduce(m, { on: 'sent', command });
const start = open(feed(initial, [f('welcome', { seq: 1, turn: null }), f('session.created', { mode: 'coached', minutes: 10 }, 1)]));
const question = (turn: number, seq: number, text = `Q${turn}`) => f('question.asked', { turn, block: 1, text, main: true }, seq);

describe('a recorded session', () => {
  const end = feed(open(initial), recorded);

  it('ends closed, with a report and nothing pending', () => {
    expect(end).toMatchObject({ closed: 'complete', reportReady: true, turn: null, question: null, speaking: null, pending: [] });
  });
  it('has every utterance once', () => {
    expect(end.entries.map((e) => e.kind)).toEqual([
      'note', 'speech', 'block', 'speech', 'question', 'answer', 'question', 'clarified', 'answer', 'question', 'skipped', 'measured', 'note',
    ]);
    expect(new Set(end.entries.map((e) => e.seq)).size).toBe(end.entries.length);
  });
  it('is the same with every event sent twice, and without what is not durable', () => {
    const twice = feed(open(initial), recorded.flatMap((x) => (x.seq ? [x, x] : [x])));
    expect(twice.entries).toEqual(end.entries);
    const replayed = feed(open(initial), recorded.filter((x) => x.seq));
    expect(replayed.entries).toEqual(end.entries);
  });
  it('is the same when the connection is lost after any frame', () => {
    for (let cut = 1; cut < recorded.length; cut++) {
      let m = feed(open(initial), recorded.slice(0, cut));
      m = reduce(m, { on: 'status', status: { state: 'connecting', attempt: 1 } });
      expect(caughtUp(m)).toBe(false);
      m = feed(m, [f('welcome', { seq: end.seq, turn: null })]);
      m = feed(open(m), recorded.filter((x) => (x.seq ?? 0) > m.seq));
      expect(m.entries).toEqual(end.entries);
      expect(m.speaking).toBeNull();
    }
  });
  it('hands in the same model it was given when nothing changes', () => {
    expect(feed(end, [recorded.find((x) => x.seq === 4)!])).toBe(end);
  });
});

describe('an event of a type this page does not know', () => {
  it('does not keep the page from being caught up when it is the last one', () => {
    let m = open(reduce(initial, { on: 'frame', frame: { type: 'welcome', data: { seq: 2, turn: 1 } } }));
    m = reduce(m, { on: 'frame', frame: { type: 'question.asked', seq: 1, data: { turn: 1, text: 'Why?' } } });
    expect(caughtUp(m)).toBe(false);
    m = reduce(m, { on: 'other', seq: 2 });
    expect(caughtUp(m)).toBe(true);
    expect(m.turn).toBe(1);
    expect(reduce(m, { on: 'other', seq: 1 })).toBe(m);
  });
});

describe('speaking', () => {
  it('collects deltas and gives way to the finished question', () => {
    let m = feed(start, [f('delta', { turn: 1, text: 'Tell ' }), f('delta', { turn: 1, text: 'me' })]);
    expect(m.speaking).toEqual({ turn: 1, text: 'Tell me', busy: true });
    m = feed(m, [question(1, 2, 'Tell me more.')]);
    expect(m.speaking).toBeNull();
    expect(m.question?.text).toBe('Tell me more.');
  });
  it('does not speak again what was asked', () => {
    const m = feed(start, [question(1, 2, 'Tell me.'), f('delta', { turn: 1, text: 'Tell ' }), f('delta', { turn: 1, text: 'me.' })]);
    expect(m.speaking).toBeNull();
  });
  it('starts over at a welcome, which is followed by the whole partial utterance', () => {
    const m = feed(start, [f('delta', { turn: 1, text: 'Tell ' }), f('welcome', { seq: 1, turn: null }), f('delta', { turn: 1, text: 'Tell me' })]);
    expect(m.speaking?.text).toBe('Tell me');
  });
  it('is announced whole and live only', () => {
    const m = feed(start, [f('delta', { turn: 1, text: 'Tell ' })]);
    expect(m.announcement.n).toBe(0);
    expect(feed(m, [question(1, 2)]).announcement).toEqual({ n: 1, text: 'Interviewer: Q1' });
    const replay = feed(open(initial), [f('welcome', { seq: 2, turn: 1 }), f('session.created', {}, 1), question(1, 2)]);
    expect(replay.announcement.n).toBe(0);
  });
});

describe('answering', () => {
  const asked = feed(start, [question(1, 2)]);
  const answer: SentCommand = { type: 'answer', id: 'a', turn: 1, text: 'I did.' };

  it('waits for the replay', () => {
    const m = open(feed(initial, [f('welcome', { seq: 5, turn: 2 }), f('session.created', {}, 1), question(1, 2)]));
    expect(canAnswer(m)).toBe(false);
    expect(canAnswer(asked)).toBe(true);
  });
  it('holds the answer until its event has come', () => {
    let m = sent(asked, answer);
    expect(canAnswer(m)).toBe(false);
    m = feed(m, [f('ack', { id: 'a', seq: 3 })]);
    expect(m.pending).toHaveLength(1);
    m = feed(m, [f('answer.submitted', { turn: 1, text: 'I did.', words: 2 }, 3)]);
    expect(m.pending).toEqual([]);
    expect(m.turn).toBeNull();
  });
  it('bears an ack that comes after the event', () => {
    const m = feed(sent(asked, answer), [f('answer.submitted', { turn: 1, text: 'I did.' }, 3), f('ack', { id: 'a', seq: 3 })]);
    expect(m.pending).toEqual([]);
  });
  it('keeps the turn open when the answer was taken as a question', () => {
    const m = feed(sent(asked, { ...answer, text: 'How many?' }), [f('ack', { id: 'a', seq: 3 }), f('clarified', { turn: 1, question: 'How many?', text: 'Ten.' }, 3)]);
    expect(m.turn).toBe(1);
    expect(canAnswer(m)).toBe(true);
  });
  it('shows a refusal and lets go of the command', () => {
    const m = feed(sent(asked, answer), [f('error', { id: 'a', code: 'conflict', message: 'Turn 1 is closed.' })]);
    expect(m.pending).toEqual([]);
    expect(m.refusal).toMatchObject({ code: 'conflict', message: 'Turn 1 is closed.', command: answer });
  });
  it('is not possible while paused or after the end', () => {
    const paused = feed(asked, [f('session.paused', {}, 3)]);
    expect(canAnswer(paused)).toBe(false);
    expect(canAnswer(feed(paused, [f('session.resumed', {}, 4)]))).toBe(true);
    expect(canAnswer(feed(asked, [f('session.closed', { why: 'ended' }, 3)]))).toBe(false);
  });
});

describe('blocks', () => {
  const block = (n: number, seq: number, kind: string) => f('block.started', { block: n, phase: 'p', title: `B${n}`, kind, artifacts: ['findings'] }, seq);

  it('keep material and rows until the next one', () => {
    let m = feed(start, [block(1, 2, 'code-review'), f('question.asked', { turn: 1, block: 1, text: 'a', material: { kind: 'code', code: { text: 'x' } } }, 3)]);
    m = feed(m, [f('artifact.saved', { turn: 1, kind: 'findings', rows: [{ issue: 'i' }] }, 4), f('artifact.saved', { turn: 1, kind: 'findings', rows: [{ issue: 'j' }] }, 5)]);
    expect(m.entries.filter((e) => e.kind === 'artifact')).toHaveLength(1);
    m = feed(m, [f('answer.submitted', { turn: 1, text: 'x' }, 6), f('question.asked', { turn: 2, block: 1, text: 'b', main: false }, 7)]);
    expect(m.material?.kind).toBe('code');
    expect(m.artifacts.findings).toEqual([{ issue: 'j' }]);
    m = feed(m, [block(2, 8, 'behavioural')]);
    expect(m.material).toBeNull();
    expect(m.artifacts).toEqual({});
  });
  it('offer hints only when coached and technical', () => {
    expect(mayHint(feed(start, [block(1, 2, 'code-review')]))).toBe(true);
    expect(mayHint(feed(start, [block(1, 2, 'behavioural')]))).toBe(false);
    const exam = feed(initial, [f('session.created', { mode: 'exam' }, 1), block(1, 2, 'code-review')]);
    expect(mayHint(exam)).toBe(false);
  });
  it('show nothing measured in an exam', () => {
    const exam = feed(initial, [f('session.created', { mode: 'exam' }, 1), f('block.closed', { block: 1, measured: { words: 3 } }, 2)]);
    expect(exam.entries).toEqual([]);
  });
});

describe('the clock', () => {
  it('speaks at three quarters and at the end, once each', () => {
    let m = start;
    const said: string[] = [];
    for (const s of [0, 449, 450, 460, 599, 600, 700]) {
      const before = m.announcement.n;
      m = feed(m, [f('clock', { interview_s: s, wall_s: s })]);
      if (m.announcement.n !== before) said.push(`${s}: ${m.announcement.text}`);
    }
    expect(said).toEqual(['450: Three quarters of the planned time are used.', '600: The planned time is used.']);
  });
});
