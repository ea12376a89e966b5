// SPDX-License-Identifier: MIT
// From the service's evidence (byte offsets in UTF-8) to pieces of text that can be marked.
// JavaScript counts UTF-16 units: an accent is two bytes and one unit, an emoji four bytes and two units.
import type { Evidence } from '@/shared/api/types';

/** UTF-16 index of each wanted byte offset; null where the offset is past the end or inside a character. */
export function utf16Indexes(text: string, byteOffsets: readonly number[]): Map<number, number | null> {
  const wanted = [...new Set(byteOffsets)].sort((a, b) => a - b);
  const out = new Map<number, number | null>();
  let byte = 0;
  let unit = 0;
  let next = 0;
  const take = (): void => {
    for (let w = wanted[next]; w !== undefined && w <= byte; w = wanted[++next])
      out.set(w, w === byte ? unit : null);
  };
  take();
  for (const character of text) {
    const point = character.codePointAt(0) ?? 0;
    byte += point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
    unit += character.length;
    take();
    if (next >= wanted.length) break;
  }
  for (const w of wanted.slice(next)) out.set(w, null);
  return out;
}

export interface Span {
  readonly start: number;
  readonly end: number;
  /** Which entry of the evidence this span proves. */
  readonly id: number;
}

/** The spans that can be drawn: evidence with words, whose offsets fall on characters of this very text. */
export function evidenceSpans(transcript: string, evidence: readonly Evidence[]): Span[] {
  const offsets: number[] = [];
  for (const e of evidence) if (e.start != null && e.end != null) offsets.push(e.start, e.end);
  const at = utf16Indexes(transcript, offsets);
  const spans: Span[] = [];
  evidence.forEach((e, id) => {
    if (e.start == null || e.end == null) return;
    const start = at.get(e.start);
    const end = at.get(e.end);
    if (start == null || end == null || end <= start) return;
    spans.push({ start, end, id });
  });
  return spans;
}

export interface Piece {
  readonly text: string;
  /** Evidence that covers this piece; empty for plain text. Spans may overlap, so there can be several. */
  readonly ids: readonly number[];
  /** Evidence that begins here: where the page scrolls to. */
  readonly begins: readonly number[];
}

/** Cuts the text at every edge of a span. The pieces joined are the text, always. */
export function cutPieces(text: string, spans: readonly Span[]): Piece[] {
  const edges = new Set([0, text.length]);
  for (const s of spans) edges.add(s.start).add(s.end);
  const cuts = [...edges].sort((a, b) => a - b);
  const pieces: Piece[] = [];
  for (let i = 0; i + 1 < cuts.length; i++) {
    const from = cuts[i] ?? 0;
    const to = cuts[i + 1] ?? text.length;
    pieces.push({
      text: text.slice(from, to),
      ids: spans.filter((s) => s.start <= from && s.end >= to).map((s) => s.id),
      begins: spans.filter((s) => s.start === from).map((s) => s.id),
    });
  }
  return pieces;
}
