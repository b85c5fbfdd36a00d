import { describe, expect, it } from 'vitest';
import { ByteText, cut } from '../src/wire/bytes';
import { decode } from '../src/wire/frames';
import { Api, ApiError, socketUrl } from '../src/wire/rest';

describe('decode', () => {
  it('reads what it knows', () => {
    expect(decode('{"v":1,"type":"ack","data":{"id":"a","seq":3}}')).toEqual({ type: 'ack', data: { id: 'a', seq: 3 }, seq: undefined, at: undefined });
  });
  it.each(['', 'x', '[]', 'null', '{"type":3}', '"ack"'])('refuses %s', (text) => expect(decode(text)).toBeNull());
  it('keeps the number of an unknown event', () => {
    expect(decode('{"type":"toString","seq":4,"data":{}}')).toEqual({ type: 'unknown', name: 'toString', seq: 4 });
  });
  it('bears missing data', () => expect(decode('{"type":"delta"}')).toMatchObject({ type: 'delta', data: {} }));
});

describe('byte offsets', () => {
  const text = 'naïve — 😀 café 3%';
  it('agree with UTF-8 at every character', () => {
    const t = new ByteText(text);
    const bytes = new TextEncoder().encode(text);
    expect(t.size).toBe(bytes.length);
    let b = 0;
    for (const ch of text) {
      const w = new TextEncoder().encode(ch).length;
      expect(t.slice(b, b + w)).toBe(ch);
      b += w;
    }
  });
  it('never split a character', () => {
    const t = new ByteText('a😀b');
    expect(t.slice(1, 3)).toBe('');
    expect(t.slice(0, 5)).toBe('a😀');
  });
  it('are clamped', () => {
    const t = new ByteText('abc');
    expect(t.slice(-4, 99)).toBe('abc');
    expect(t.slice(Number.NaN, 2)).toBe('ab');
  });
  it('count a lone surrogate as the three bytes it is sent as', () => {
    expect(new ByteText('a\ud800b').size).toBe(new TextEncoder().encode('a\ud800b').length);
  });
  it('cut a text without losing any of it', () => {
    const size = new TextEncoder().encode(text).length;
    const pieces = cut(text, [
      { start: 0, end: size, id: 'all' },
      { start: 7, end: 10, id: 'dash' },
      { start: 9, end: 9, id: 'empty' },
    ]);
    expect(pieces.map((p) => p.text).join('')).toBe(text);
    expect(pieces.find((p) => p.text === '—')?.spans.map((s) => s.id)).toEqual(['all', 'dash']);
    expect(cut('', [])).toEqual([]);
  });
});

describe('rest', () => {
  const api = (status: number, body: string) => new Api(() => Promise.resolve(new Response(status === 204 ? null : body, { status })));
  it('gives the error its code, message and field', async () => {
    const e = await api(400, '{"error":{"code":"invalid","message":"no such format","field":"format"}}').formats().catch((x: unknown) => x);
    expect(e).toBeInstanceOf(ApiError);
    expect(e).toMatchObject({ status: 400, code: 'invalid', message: 'no such format', field: 'format' });
  });
  it('bears an error that is not JSON', async () => {
    await expect(api(502, '<html>').formats()).rejects.toMatchObject({ status: 502, code: 'internal' });
    await expect(api(401, '').formats()).rejects.toMatchObject({ code: 'unauthorized' });
  });
  it('says when nobody answers', async () => {
    await expect(new Api(() => Promise.reject(new TypeError('x'))).formats()).rejects.toMatchObject({ code: 'unreachable' });
  });
  it('bears an empty answer', async () => expect(await api(204, '').remove('a')).toBeNull());
  it('makes the address of the socket', () => {
    expect(socketUrl('a b', { protocol: 'https:', host: 'h:1' })).toBe('wss://h:1/api/v1/sessions/a%20b/ws');
  });
});
