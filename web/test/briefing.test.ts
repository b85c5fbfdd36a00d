import { describe, expect, it } from 'vitest';
import { readReport, stood } from '../src/state/report';

const report = (briefing: unknown) => readReport({ blocks: [{ questions: [], grade: { status: 'graded', exercise: { briefing } } }] }).blocks[0]?.grade?.briefing;

describe('the checks of an explanation', () => {
  it('reads objections with the turns in which the listener pressed, and what a listener understood', () => {
    const b = report({
      passed: 4,
      checks: 7,
      questions_in_role: [{ turn: 4, text: 'The filter covers it.', objection: true, pressed_turns: [5, 6, 'x'], met: true, met_at_once: false, why: 'Three came through.', quotes: [{ turn: 6, start: 0, end: 5 }] }],
      listener: { made: true, right: 1, asked: 2, model: 'm', answers: [{ question: 'What?', answer: '<b>That</b>', right: true }, 7] },
    });
    expect(b?.asked[0]).toMatchObject({ objection: true, pressed: [5, 6], quotes: [{ turn: 6, start: 0, end: 5 }] });
    expect(b && b.asked[0] && stood(b.asked[0])).toBe('✓ met when you were pressed');
    expect(b?.listener).toEqual({ made: true, why: '', right: 1, asked: 2, model: 'm', answers: [{ question: 'What?', answer: '<b>That</b>', right: true }] });
  });
  it('tells giving way from not meeting, and a check that was not made', () => {
    const b = report({ questions_in_role: [{ turn: 2, yielded: true }, { turn: 3 }, { turn: 4, met: true }], listener: { made: false, why: 'that takes a model' } });
    expect(b?.asked.map(stood)).toEqual(['✗ you gave way', '✗ not met', '✓ met']);
    expect(b?.listener).toMatchObject({ made: false, why: 'that takes a model' });
    expect(report({ passed: 1 })?.listener).toBeNull();
  });
});

describe('a warm-up', () => {
  const of = (w: unknown) => readReport({ blocks: [{ questions: [], warm_up: w }] }).blocks[0]?.warmUp;
  it('reads cards, snippet and headline', () => {
    expect(of({ line: 'kept 1', flash: [{ title: 'CSP', turn: 2, known: true, state: 'kept' }, 3], worst: { title: 'Cache', lines: [7, 10], said: false, fix: 'no-store' }, headline_seconds: 30, headline_figures: 2 })).toEqual({
      line: 'kept 1',
      flash: [{ title: 'CSP', turn: 2, known: true, state: 'kept', left: '' }],
      worst: { title: 'Cache', from: 7, to: 10, said: false, fix: 'no-store' },
      seconds: 30,
      figures: 2,
    });
  });
  it('is nothing elsewhere', () => {
    expect(of(undefined)).toBeNull();
    expect(of({ flash: 'x', worst: null })).toMatchObject({ flash: [], worst: null, seconds: 0 });
  });
});
