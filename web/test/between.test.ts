import { describe, expect, it } from 'vitest';
import { cardsOf, debriefOf, importedText, nextOf, planOf, progressOf, stateText, wipedText } from '../src/state/between';
import { parseRoute } from '../src/view/route';

describe('what comes between sessions', () => {
  it('reads whatever the server sends without throwing', () => {
    for (const v of [null, 3, [], {}, { criteria: [null, { attempts: 'x', next: 4 }], days: [{ tasks: [1, {}] }], cards: [{}], now: {}, notes: [{ for: [{ quotes: [1] }] }], outcome: 1, next: { session: [] } }]) {
      for (const read of [progressOf, nextOf, planOf, cardsOf, debriefOf, importedText, wipedText]) expect(() => read(v)).not.toThrow();
    }
  });

  it('keeps no evidence apart from not yet, without colour', () => {
    expect(new Set(['met', 'not_yet', 'no_evidence'].map(stateText)).size).toBe(3);
  });

  it('keeps an open mean apart from one of nothing', () => {
    const d = debriefOf({ votes: [{ mean: null }, { mean: 0 }], matrix: [{ principle: { id: 'P01', label: 'Ownership' }, mean: null, gap: true }] });
    expect(d.votes.map((v) => v.mean)).toEqual([null, 0]);
    expect(d.matrix[0]).toMatchObject({ principle: 'Ownership', gap: true, mean: null });
  });

  it('hands the body of a suggested session on as it came, and none without a format', () => {
    const start = { format: 'story-drill', mode: 'drill', principle: 'P03' };
    expect(nextOf({ now: { title: 'A story', start }, alternatives: [{ title: 'Rest', start: {} }] })).toMatchObject({ now: { start }, others: [{ start: null }] });
  });

  it('says what an import and a deletion did', () => {
    expect(importedText({ message: 'Two sessions were added.', notes: ['One differs.'] })).toBe('Two sessions were added. One differs.');
    expect(wipedText({ deleted: { sessions: 3, plan: true }, kept: ['the models'] })).toBe('Deleted for good: sessions 3, plan. Still there: the models.');
  });

  it('has an address for each page', () => {
    expect(parseRoute('#/progress')).toEqual({ page: 'progress' });
    expect(parseRoute('#/cards/')).toEqual({ page: 'cards' });
    expect(parseRoute('#/keep')).toEqual({ page: 'keep' });
    expect(parseRoute('#/session/a%20b/debrief')).toEqual({ page: 'debrief', id: 'a b' });
    expect(parseRoute('#/session/x/report')).toEqual({ page: 'report', id: 'x' });
    expect(parseRoute('#/session/x')).toEqual({ page: 'interview', id: 'x' });
  });
});
