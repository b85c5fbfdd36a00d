import { describe, expect, it } from 'vitest';
import { begin, finish, lengths, next } from '../src/state/aloud';

describe('a story told aloud', () => {
  it('keeps the end of each part and of it all', () => {
    const a = next(next(begin(1000), 31_000), 61_500);
    expect(finish(a, 181_000)).toEqual([30, 60.5, 180]);
    expect(lengths([30, 60.5, 180])).toEqual([30, 30.5, 119.5]);
  });
  it('takes a key pressed twice as once, and an end right after a part as the same', () => {
    const a = next(next(begin(0), 30_000), 30_200);
    expect(a.ends).toEqual([30]);
    expect(finish(a, 30_100)).toEqual([30.1]);
  });
  it('is nothing when nothing was told, and has at most twenty parts', () => {
    expect(finish(begin(5), 5)).toEqual([]);
    let a = begin(0);
    for (let i = 1; i < 40; i++) a = next(a, i * 1000);
    expect(finish(a, 50_000)).toHaveLength(20);
  });
});
