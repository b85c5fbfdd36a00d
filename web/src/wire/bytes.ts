// Offsets from the server are bytes [start,end) into the UTF-8 text. JavaScript counts UTF-16 units.

/** A text that can be cut at byte offsets. */
export class ByteText {
  readonly text: string;
  readonly size: number;
  /** units[b] is the UTF-16 index of the character that byte b belongs to; units[size] is the length. */
  private readonly units: Uint32Array | null;

  constructor(text: string) {
    this.text = text;
    let size = 0;
    for (const ch of text) size += width(ch.codePointAt(0)!);
    this.size = size;
    if (size === text.length) {
      this.units = null; // ASCII only: bytes and units agree
      return;
    }
    const units = new Uint32Array(size + 1);
    let b = 0;
    let u = 0;
    for (const ch of text) {
      const w = width(ch.codePointAt(0)!);
      units.fill(u, b, b + w);
      b += w;
      u += ch.length;
    }
    units[size] = u;
    this.units = units;
  }

  /** The UTF-16 index for a byte offset, clamped to the text. */
  index(byte: number): number {
    const b = Math.max(0, Math.min(this.size, Math.trunc(byte) || 0));
    return this.units ? this.units[b]! : b;
  }

  slice(start: number, end: number): string {
    return this.text.slice(this.index(start), this.index(end));
  }
}

// A lone surrogate is sent as U+FFFD, three bytes, which is also what its code point gives here.
function width(code: number): number {
  return code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
}

export interface Span {
  start: number;
  end: number;
}

export interface Piece<T extends Span> {
  text: string;
  spans: T[];
}

/** Cuts text at every edge of spans (byte offsets): pieces in order, each with the spans that cover it. */
export function cut<T extends Span>(text: string, spans: T[]): Piece<T>[] {
  const bytes = new ByteText(text);
  const placed = spans
    .map((span) => ({ span, from: bytes.index(span.start), to: bytes.index(span.end) }))
    .filter((p) => p.to > p.from);
  const edges = [...new Set([0, text.length, ...placed.flatMap((p) => [p.from, p.to])])].sort((a, b) => a - b);
  const pieces: Piece<T>[] = [];
  for (let i = 0; i + 1 < edges.length; i++) {
    const from = edges[i]!;
    const to = edges[i + 1]!;
    pieces.push({
      text: text.slice(from, to),
      spans: placed.filter((p) => p.from <= from && p.to >= to).map((p) => p.span),
    });
  }
  return pieces;
}

/** The bytes of a piece given in UTF-16 units: never half a character, no white space at its ends; null when nothing is left. */
export function byteSpan(text: string, from: number, to: number): Span | null {
  let a = Math.max(0, Math.min(from, to));
  let b = Math.min(text.length, Math.max(from, to));
  if (inPair(text, a)) a--;
  if (inPair(text, b)) b++;
  const piece = text.slice(a, b);
  a += piece.length - piece.trimStart().length;
  b -= piece.length - piece.trimEnd().length;
  if (b <= a) return null;
  const start = new ByteText(text.slice(0, a)).size;
  return { start, end: start + new ByteText(text.slice(a, b)).size };
}

const inPair = (text: string, at: number): boolean => at > 0 && at < text.length && (text.codePointAt(at - 1) ?? 0) > 0xffff;
