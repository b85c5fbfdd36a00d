import { describe, expect, it } from 'vitest';
import { clean, problem, startRows } from '../src/state/artifacts';
import { comparedOf, filesOf, MAX_OUTPUT, outputProblem, scriptOf, visible } from '../src/state/script';

describe('a scripting task', () => {
  it('reads files, comparisons and reports that lack anything', () => {
    for (const v of [null, 1, [], {}, { files: [1, null] }, { parts: 'x', tries: [{}], twists: null, source: { findings: [3] } }]) {
      expect(() => [filesOf(v), comparedOf(v), scriptOf(v)]).not.toThrow();
    }
    expect(filesOf({ files: [{ name: 'a.csv', role: 'input', bytes: 3, stage: 1, item: 'x', about: 'rows' }] })).toEqual([{ name: 'a.csv', role: 'input', bytes: 3, stage: 1, item: 'x', about: 'rows' }]);
    expect(comparedOf({ match: false, stage: 0, message: 'no', first_difference: { line: 3, column: 2, expected: 'a b', got: 'a  b', whitespace: true } }).difference).toMatchObject({ line: 3, whitespace: true });
  });

  it('keeps a part that could not be measured apart from one that is worth nothing', () => {
    const r = scriptOf({ got: 35, of: 50, parts: [{ name: 'works', of: 35, got: 35, why: 'x' }, { name: 'twist', of: 15, got: 0, why: 'y' }, { name: 'safety', of: 15, got: null, why: 'z' }] });
    expect(r?.parts.map((p) => p.got)).toEqual([35, 0, null]);
    expect(r?.first).toBeNull();
  });

  it('says what is wrong with an output before it is sent', () => {
    expect(outputProblem(' \n')).toContain('Paste');
    expect(outputProblem('é'.repeat(MAX_OUTPUT / 2 + 1))).toContain('Nothing was sent');
    expect(outputProblem('é'.repeat(MAX_OUTPUT / 2))).toBe('');
  });

  it('shows blanks where lines differ in nothing else', () => {
    expect(visible('a\tb c')).toBe('a→b·c');
  });

  it('sends source as one row with its whole text, or none', () => {
    expect(startRows('source', [])).toEqual([{}]);
    expect(clean('source', [{ language: 'python', text: 'print(1)\n' }], [])).toEqual([{ language: 'python', text: 'print(1)\n' }]);
    expect(clean('source', [{ language: 'python', text: ' ' }], [])).toEqual([]);
    expect(problem('source', [{ language: '', text: 'x' }], [], 0)).toBe('');
  });
});
