import { describe, expect, it } from 'vitest';
import { clean, problem, sameRows, startRows, withLines } from '../src/state/artifacts';
import { choose, parseDraft } from '../src/state/drafts';
import { answersOf, groupPoints, linesOf, partsOf, readReport, runs, saidIn, textOf, isClaimed, withClaim } from '../src/state/report';
import { countWords, spoken } from '../src/state/text';
import { byteSpan } from '../src/wire/bytes';
import { parseRoute, toReport } from '../src/view/route';

describe('drafts', () => {
  const local = (text: string, saved = '') => ({ turn: 2, text, saved });
  it('the local one wins where it holds something unsaved', () => {
    expect(choose(local('abc', 'ab'), { turn: 2, text: 'ab' }, 2)).toEqual({ text: 'abc', other: null });
  });
  it('the server’s wins where this browser has nothing of its own', () => {
    expect(choose(local('ab', 'ab'), { turn: 2, text: 'abz' }, 2)).toEqual({ text: 'abz', other: null });
    expect(choose(null, { turn: 2, text: 'abz' }, 2)).toEqual({ text: 'abz', other: null });
  });
  it('two different ones are both kept', () => {
    expect(choose(local('abc', 'ab'), { turn: 2, text: 'xyz' }, 2)).toEqual({ text: 'abc', other: 'xyz' });
  });
  it('another turn’s is not used', () => {
    expect(choose(local('abc'), { turn: 1, text: 'x' }, 3)).toEqual({ text: '', other: null });
  });
  it('what is stored may be anything', () => {
    for (const raw of [null, '', 'x', '[]', '{"turn":"1"}', 'null']) expect(parseDraft(raw)).toBeNull();
    expect(parseDraft('{"turn":1,"text":"a"}')).toEqual({ turn: 1, text: 'a', saved: '' });
  });
});

describe('artifacts', () => {
  const ids = [{ id: 'a', label: 'A' }, { id: 'b', label: 'B' }];
  it('findings: lines as numbers, empty rows left out', () => {
    expect(clean('findings', [{}, { severity: 'high' }, { start_line: 3, issue: ' x ' }, { start_line: '7' }], [])).toEqual([
      { start_line: 3, end_line: 3, issue: ' x ', impact: '', fix: '', severity: '', cwe: '' },
      { start_line: 7, end_line: 7, issue: '', impact: '', fix: '', severity: '', cwe: '' },
    ]);
  });
  it('says before the server does what is wrong with a row', () => {
    const ok = { start_line: 3, end_line: 4, issue: 'x', cwe: 'CWE-89' };
    for (const [row, want] of [
      [ok, ''],
      [{ issue: 'x', cwe: '' }, ''],
      [{ issue: 'x', cwe: ' cwe 079 ' }, ''],
      [{}, ''],
      [{ ...ok, end_line: 2 }, 'before the first'],
      [{ ...ok, end_line: 11 }, 'the code has 10 lines'],
      [{ ...ok, cwe: 'not sure' }, 'a CWE looks like'],
      [{ ...ok, cwe: 'CWE-' }, 'a CWE looks like'],
      [{ ...ok, cwe: '0' }, 'a CWE looks like'],
    ] as const) {
      const got = problem('findings', [ok, row], [], 10);
      if (want === '') expect(got).toBe('');
      else expect(got).toMatch(new RegExp(`^Findings, row 2: .*${want}`));
    }
    expect(problem('findings', [{ ...ok, end_line: 900 }], [], 0)).toBe('');
    expect(problem('ranking', [{ reason: 'r' }], [], 0)).toMatch(/^Ranking, row 1: /);
    expect(problem('threats', [{ action: 'x' }], [], 0)).toBe('');
  });
  it('a part of the model always has a kind', () => {
    expect(clean('model', [{ kind: '', name: 'API' }, { kind: 'asset' }], [])).toEqual([{ kind: 'component', name: 'API', note: '' }]);
  });
  it('a ranking is whole or absent', () => {
    const rows = startRows('ranking', ids);
    expect(clean('ranking', rows, ids)).toEqual([]);
    expect(clean('ranking', [rows[1]!, rows[0]!], ids)).toEqual([{ id: 'b', reason: '' }, { id: 'a', reason: '' }]);
    expect(clean('ranking', [{ id: 'a', reason: 'r' }, { id: 'b' }], ids)).toHaveLength(2);
  });
  it('verdicts: only those given', () => {
    expect(clean('verdict', [{ id: 'a', verdict: 'fix' }, { id: 'b' }], ids)).toEqual([{ id: 'a', verdict: 'fix', reason: '' }]);
  });
  it('a choice of lines fills an empty last row or adds one', () => {
    expect(withLines([], 5, 3)).toEqual([{ start_line: 3, end_line: 5 }]);
    expect(withLines([{ severity: 'low' }], 1, 1)).toEqual([{ severity: 'low', start_line: 1, end_line: 1 }]);
    expect(withLines([{ issue: 'x' }], 1, 2)).toHaveLength(2);
  });
  it('rows are equal whatever the order of their keys', () => expect(sameRows([{ a: 1, b: 2 }], [{ b: 2, a: 1 }])).toBe(true));
});

describe('report', () => {
  it('reads anything without throwing', () => {
    for (const raw of [null, 3, 'x', [], {}, { blocks: 3, phases: [1], numbers: {} }, { blocks: [{ questions: [{ answer: 4 }], order: 1 }] }]) {
      const r = readReport(raw);
      for (const b of r.blocks) for (const q of b.questions) if (q.answer) runs(q.answer);
      expect(Array.isArray(r.blocks)).toBe(true);
    }
  });
  it('joins sentences of one part and keeps every byte', () => {
    const text = 'Café. I ran it.  I saw 3 %. Done';
    const a = { text, sentences: [{ start: 0, end: 6, part: 'S' }, { start: 7, end: 16, part: 'A' }, { start: 18, end: 28, part: 'A' }], quantities: [{ start: 24, end: 27, role: 'after' }] };
    const found = runs(a);
    expect(found.map((r) => r.part)).toEqual(['S', 'A', '']);
    expect(found.flatMap((r) => r.pieces.map((p) => p.text)).join('')).toBe(text);
    expect(found[1]!.pieces.find((p) => p.number === 'after')?.text).toBe('3 %');
  });
  it('groups points by how they came', () => {
    const g = groupPoints([{ id: 'a' }, { id: 'b', must: true }, { id: 'c', unprompted: true, after_probes: true }, { id: 'd', after_probes: true }]);
    expect([g.said, g.pulled, g.missing].map((x) => x.map((p) => p.id))).toEqual([['c'], ['d'], ['b', 'a']]);
  });
  it('finds answers by turn', () => {
    expect(answersOf(readReport({ blocks: [{ questions: [{ turn: 2, answer: { text: 'x' } }, { turn: 3 }] }] }))).toEqual(new Map([[2, 'x']]));
  });
  it('shows odd values as text', () => {
    expect(partsOf({ parts: { S: 1, T: 0, A: 2 } })).toBe('S A');
    expect(linesOf([3, 5])).toBe('3–5');
    expect(linesOf([[3, 5], [9, 9]])).toBe('3–5; 9');
    expect(linesOf({ start: 4, end: 4 })).toBe('4');
    expect(textOf({ yours: 1, ours: ['a', 'b'] })).toBe('yours: 1, ours: a, b');
  });
});

describe('sentences to point to', () => {
  it('are cut at the bytes of the server, with letters of several bytes before them', () => {
    // “é” and “ü” have two bytes, “🙂” has four: the second sentence begins at byte 17, character 13.
    const text = 'Café über 🙂. I asked for it.';
    const first = new TextEncoder().encode('Café über 🙂.').length;
    const r = readReport({
      blocks: [
        {
          questions: [
            { turn: 1, answer: { text, sentences: [{ start: 0, end: first, part: 'S' }, { start: first + 1, end: new TextEncoder().encode(text).length, part: 'A' }] } },
            { turn: 2, skipped: 'skip' },
            { turn: 3, answer: { text: 'No.', sentences: [{ start: 0, end: 3, part: 'O' }] } },
          ],
        },
      ],
    });
    const said = saidIn(r.blocks[0]!);
    expect(said.map((x) => x.pieces.map((p) => p.text).join(''))).toEqual(said.map((x) => x.text));
    expect(said.flatMap((x) => x.pieces).filter((p) => p.quote)).toEqual([
      { text: 'Café über 🙂.', quote: { turn: 1, start: 0, end: 17 } },
      { text: 'I asked for it.', quote: { turn: 1, start: 18, end: 33 } },
      { text: 'No.', quote: { turn: 3, start: 0, end: 3 } },
    ]);
  });
});

describe('pointing to words', () => {
  const text = 'Café 🙂 über.\r\n  I moved it. ';
  const cases: [name: string, from: number, to: number, words: string | null][] = [
    ['words after what takes more than one byte', text.indexOf('moved'), text.indexOf('moved') + 5, 'moved'],
    ['backwards', text.indexOf('moved') + 5, text.indexOf('moved'), 'moved'],
    ['white space at the ends is left out', text.indexOf('\r'), text.length, 'I moved it.'],
    ['the second half of a pair', text.indexOf('🙂') + 1, text.indexOf('🙂') + 2, '🙂'],
    ['the first half of a pair', text.indexOf('🙂'), text.indexOf('🙂') + 1, '🙂'],
    ['past the end', 0, 999, text.trim()],
    ['nothing', 3, 3, null],
    ['white space only', text.indexOf('\r'), text.indexOf('I moved'), null],
  ];
  it.each(cases)('%s', (_, from, to, words) => {
    const span = byteSpan(text, from, to);
    const bytes = new TextEncoder().encode(text);
    expect(span && new TextDecoder().decode(bytes.slice(span.start, span.end))).toBe(words);
  });
  it('a claim is shown at once, once, and can be taken out again', () => {
    const r = readReport({ blocks: [{ block: 2, grade: { dimensions: [{ id: 'B3' }, { id: 'B5' }] } }, { block: 3, grade: { dimensions: [{ id: 'B3' }] } }] });
    const q = { turn: 4, start: 1, end: 9 };
    const twice = withClaim(withClaim(r, 2, 'B3', q), 2, 'B3', q);
    expect(twice.blocks.map((b) => b.grade!.dimensions.map((d) => d.claimed.length))).toEqual([[1, 0], [0]]);
    expect([isClaimed(twice, 2, 'B3', q), isClaimed(twice, 3, 'B3', q), isClaimed(r, 2, 'B3', q)]).toEqual([true, false, false]);
    expect(withClaim(twice, 2, 'B3', q, false)).toEqual(r);
  });
});

describe('small things', () => {
  it('counts words as a reader would', () => {
    expect(countWords('')).toBe(0);
    expect(countWords('It’s 3.1% — really, don’t.')).toBe(4);
    expect(countWords('naïve 40 000')).toBe(3);
    expect(spoken(0)).toBe('0 min');
    expect(spoken(140)).toBe('1 min');
    expect(spoken(245)).toBe('1.75 min');
  });
  it('knows its addresses', () => {
    expect(parseRoute('#/session/a%20b/report')).toEqual({ page: 'report', id: 'a b' });
    expect(parseRoute('#/session/x')).toEqual({ page: 'interview', id: 'x' });
    expect(parseRoute('#/session/%')).toEqual({ page: 'lobby' });
    expect(parseRoute('')).toEqual({ page: 'lobby' });
    expect(parseRoute(toReport('ä/ö'))).toEqual({ page: 'report', id: 'ä/ö' });
  });
});
