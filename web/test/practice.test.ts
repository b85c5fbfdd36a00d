import { describe, expect, it } from 'vitest';
import { againOf, calledOf, panelsOf, ratingIn, share } from '../src/state/practice';
import { readReport, unrated } from '../src/state/report';
import { initial, type Model } from '../src/state/model';
import { reduce } from '../src/state/reduce';
import { decode, type Frame } from '../src/wire/frames';

const frame = (type: string, data: unknown, seq?: number) => decode(JSON.stringify({ v: 1, type, data, ...(seq ? { seq } : {}) })) as Frame;
const play = (m: Model, ...frames: Frame[]) => frames.reduce((at, f) => reduce(at, { on: 'frame', frame: f }), m);

describe('calling the follow-up', () => {
  const types = [{ id: 'Q05', label: 'why that way' }];
  const wait = frame('guess', { turn: 1, seconds: 25, types });
  it('waits, and ends with the guess or with the question', () => {
    const m = play(initial, wait);
    expect(m.calling).toEqual({ turn: 1, seconds: 25, types });
    expect(play(m, frame('guess.recorded', { turn: 2, type: 'Q05' }, 1)).calling).toBeNull();
    expect(play(m, frame('question.asked', { turn: 2, text: 'Why?' }, 1)).calling).toBeNull();
    expect(play(m, frame('session.closed', { why: 'ended' }, 1)).calling).toBeNull();
  });
  it('asks for nothing without types, or while a question is open', () => {
    expect(play(initial, frame('guess', { turn: 1 })).calling).toBeNull();
    expect(play(initial, frame('question.asked', { turn: 1, text: 'Tell me.' }, 1), wait).calling).toBeNull();
  });
  it('is asked for again after a lost connection', () => {
    expect(play(initial, wait, frame('welcome', { seq: 0, turn: null })).calling).toBeNull();
  });
});

describe('practice in a report', () => {
  it('reads the difference, the calls and the ratings', () => {
    const r = readReport({
      again: { session: 'a', part: 'R', attempt: 2, gained: ['a baseline'], still_missing: ['a lesson', 4], lost: [], measured_before: 0.25, measured_after: null, figures: [0, 2] },
      called: { asked: 2, hits: 1, calls: [{ turn: 3, guess_name: 'baseline', actual_name: 'baseline', hit: true }, { turn: 4, actual: 'Q05' }, 'x'] },
      panels: [{ rater: 'Priya', same: 1, within_one: 2, of: 2, dimensions: [{ block: 1, name: 'Results', theirs: 4, ours: null }], points: [{ block: 1, text: 'p', theirs: true, ours: false }], notes: [{ block: 1, text: '<b>' }] }],
    });
    expect(r.again).toMatchObject({ attempt: 2, gained: ['a baseline'], still: ['a lesson'], before: 0.25, after: null, figures: [0, 2] });
    expect([r.again?.before ?? null, r.again?.after ?? null].map(share)).toEqual(['25%', 'not measured']);
    expect(r.called?.calls).toEqual([
      { turn: 3, guess: 'baseline', actual: 'baseline', hit: true, near: false },
      { turn: 4, guess: '', actual: 'Q05', hit: false, near: false },
    ]);
    expect(r.panels[0]).toMatchObject({ rater: 'Priya', near: 2, marks: [{ theirs: 4, ours: null, yours: null }], notes: [{ block: 1, text: '<b>' }] });
  });
  it('is nothing elsewhere', () => {
    expect([againOf(undefined), calledOf([]), panelsOf({})]).toEqual([null, null, []]);
    expect(againOf({ figures: 'x' })?.figures).toEqual([0, 0]);
  });
  it('takes only what a second rater saves', () => {
    for (const bad of ['', 'x', '[]', '{}', '{"blocks":1}', 'null']) expect(ratingIn(bad)).toMatchObject({ rating: null, problem: expect.stringContaining('nothing was changed') });
    expect(ratingIn('{"session":"a","rater":"b","blocks":[]}')).toEqual({ rating: { session: 'a', rater: 'b', blocks: [] }, problem: '' });
  });
});

describe('own marks before ours', () => {
  const of = (grade: unknown) => unrated(readReport({ blocks: [{ questions: [], grade }] }).blocks[0]?.grade ?? null);
  it('are asked for where a grade has dimensions and none is rated', () => {
    expect(of({ status: 'graded', dimensions: [{ id: 'B1' }, { id: 'B2' }] })).toBe(true);
    expect(of({ status: 'graded', dimensions: [{ id: 'B1', yours: 3 }, { id: 'B2' }] })).toBe(false);
  });
  it('are not asked for where there is nothing to compare', () => {
    for (const grade of [null, { status: 'pending', dimensions: [{ id: 'B1' }] }, { status: 'failed', dimensions: [{ id: 'B1' }] }, { status: 'graded', dimensions: [] }]) expect(of(grade)).toBe(false);
  });
});
