import { describe, expect, it } from 'vitest';
import { Shelf, placeOf, sizeText } from '../src/state/material.svelte';
import { parseRoute } from '../src/view/route';
import { Api } from '../src/wire/rest';

interface Call {
  path: string;
  init: RequestInit;
}

/** An API whose answers are given one after the other. */
function scripted(...answers: (object | { status: number; error: object })[]): { api: Api; calls: Call[] } {
  const calls: Call[] = [];
  const api = new Api((path, init) => {
    calls.push({ path, init });
    const a = answers.shift() ?? {};
    const status = 'status' in a ? (a.status as number) : 200;
    return Promise.resolve(new Response(status === 204 ? null : JSON.stringify('error' in a ? { error: a.error } : a), { status }));
  });
  return { api, calls };
}

describe('material', () => {
  it('has an address of its own', () => {
    expect(parseRoute('#/material')).toEqual({ page: 'material' });
    expect(parseRoute('#/materials')).toEqual({ page: 'lobby' });
  });

  it('says where a passage stands', () => {
    expect(placeOf({ path: 'stories/cache.md', title: 'The cache', heading: 'The cache > Result', start_line: 14, end_line: 14 })).toBe('The cache, Result, line 14');
    expect(placeOf({ path: 'cv.pdf', title: '', heading: '', start_line: 2, end_line: 9 })).toBe('cv.pdf, lines 2–9');
    expect(placeOf({ path: 'a.txt', title: 'A', heading: 'A' })).toBe('A');
  });

  it('gives sizes for people', () => {
    expect([undefined, 12, 2048, 3_500_000].map(sizeText)).toEqual(['', '12 bytes', '2 kB', '3.3 MB']);
  });

  it('searches with the question as it was typed, and keeps the last answer', async () => {
    const { api, calls } = scripted({ passages: [{ text: 'a & b', rank: 1 }], index: { files: 1 } });
    const s = new Shelf(api);
    s.query = '  what is 5 + 5 & why? ';
    await s.search();
    expect(calls[0]?.path).toBe('/api/v1/search?q=what%20is%205%20%2B%205%20%26%20why%3F&k=10');
    expect(s.passages).toHaveLength(1);
    expect(s.asked).toBe('what is 5 + 5 & why?');
  });

  it('says what the server refused, and keeps what was found before', async () => {
    const { api } = scripted({ passages: [{ text: 'x' }] }, { status: 503, error: { code: 'unavailable', message: 'the index is being made' } });
    const s = new Shelf(api);
    s.query = 'x';
    await s.search();
    await s.search();
    expect(s.searchProblem).toBe('the index is being made');
    expect(s.passages).toHaveLength(1);
    expect(s.searching).toBe(false);
  });

  it('uploads files as a form and lists what is there afterwards, also when one was refused', async () => {
    const { api, calls } = scripted({ status: 400, error: { code: 'invalid', message: 'cv.pdf is encrypted' } }, { material: [{ id: '7', name: 'notes.md' }] });
    const s = new Shelf(api);
    await s.upload([new File(['# Notes'], 'notes.md'), new File(['%PDF'], 'cv.pdf')]);
    expect(calls[0]?.init.body).toBeInstanceOf(FormData);
    expect((calls[0]?.init.body as FormData).getAll('file')).toHaveLength(2);
    expect((calls[0]?.init.headers as Record<string, string>)['Content-Type']).toBeUndefined();
    expect(s.problem).toBe('cv.pdf is encrypted');
    expect(s.files.map((f) => f.name)).toEqual(['notes.md']);
  });
});
