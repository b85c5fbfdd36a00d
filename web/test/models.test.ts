import { describe, expect, it } from 'vitest';
import { Models, missing, stepShare, stepText } from '../src/state/models.svelte';
import { Api } from '../src/wire/rest';

const json = (v: unknown, status = 200) => new Response(JSON.stringify(v), { status });
const stream = (...lines: string[]) =>
  new Response(
    new ReadableStream({
      start(c) {
        for (const l of lines) c.enqueue(new TextEncoder().encode(l));
        c.close();
      },
    }),
  );

describe('models', () => {
  it('are listed, and suggestions that are here are left out', async () => {
    const m = new Models(new Api(async () => json({ models: [{ name: 'a:latest' }], suggestions: [{ name: 'a' }, { name: 'b' }] })));
    await m.load();
    expect(m.state).toBe('ready');
    expect(missing(m.suggestions, m.models).map((s) => s.name)).toEqual(['b']);
  });

  it('are fetched with every step, however the lines are cut', async () => {
    const seen: string[] = [];
    const api = new Api(async () => stream('{"status":"pulling","total":100,"compl', 'eted":40}\n{"status":"success"}\n{"done":true}\n'));
    await api.pull('m', (s) => seen.push(stepText(s)), new AbortController().signal);
    expect(seen[0]).toMatch(/pulling: 40/);
    expect(seen.length).toBe(3);
    expect(stepShare({ total: 100, completed: 40 })).toBe(0.4);
    expect(stepShare({ status: 'x' })).toBeUndefined();
  });

  it('that break off say so and can be fetched again', async () => {
    let n = 0;
    const m = new Models(
      new Api(async (path) => {
        if (path.endsWith('/models')) return json({ models: [] });
        n++;
        return n === 1 ? stream('{"status":"pulling","total":9,"completed":1}\n') : n === 2 ? stream('{"error":{"code":"unavailable","message":"no disk"}}\n') : json({ error: { message: 'name it' } }, 400);
      }),
    );
    await m.pull('m');
    expect(m.problem).toMatch(/kept/);
    await m.pull('m');
    expect(m.problem).toBe('no disk');
    await m.pull('m');
    expect(m.problem).toBe('name it');
    expect(m.pulling).toBe('');
  });

  it('stop when asked, without an error', async () => {
    const m = new Models(
      new Api((path, init) => {
        if (path.endsWith('/models')) return Promise.resolve(json({ models: [] }));
        return new Promise((_, no) => init.signal?.addEventListener('abort', () => no(new DOMException('stopped', 'AbortError'))));
      }),
    );
    const done = m.pull('m');
    await Promise.resolve();
    expect(m.pulling).toBe('m');
    m.cancel();
    await done;
    expect(m.problem).toBe('');
    expect(m.pulling).toBe('');
  });

  it('that are tried show their verdict, and a failure its reason', async () => {
    let fail = false;
    const m = new Models(
      new Api(async (path) => {
        if (path.endsWith('/try')) return fail ? json({ error: { code: 'unavailable', message: 'Ollama does not answer' } }, 503) : json({ verdict: 'voice: yes' });
        return json({ models: [{ name: 'a', abilities: { verdict: 'voice: yes' } }] });
      }),
    );
    await m.tryOut('a');
    expect(m.models[0]?.abilities?.verdict).toBe('voice: yes');
    fail = true;
    await m.tryOut('a');
    expect(m.problem).toBe('Ollama does not answer');
  });
});
