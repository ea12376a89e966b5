// SPDX-License-Identifier: MIT
import { describe, expect, it } from 'vitest';
import type { Evidence } from '@/shared/api/types';
import { cutPieces, evidenceSpans, utf16Indexes } from './evidence';

const bytes = (s: string): number => new TextEncoder().encode(s).length;

const nowhere = { ordinal: 0, item: null, start: null, end: null, quote: null };

/** Evidence for a quote, with offsets as the service counts them. */
function quoted(text: string, quote: string, field = 'sector'): Evidence {
  const at = text.indexOf(quote);
  const start = bytes(text.slice(0, at));
  return { ...nowhere, field, status: 'exact', start, end: start + bytes(quote), quote };
}

const marked = (text: string, evidence: Evidence[]): string[] =>
  evidenceSpans(text, evidence).map((s) => text.slice(s.start, s.end));

describe('utf16Indexes', () => {
  it.each([
    ['plain ascii', 'nothing special here'],
    ['accents', 'Nuestra clínica creció; ¿cuántas citas al día? Pequeñas y medianas'],
    ['emoji', 'Muy bien 👍🏽 seguimos 👩‍👩‍👧 y 🇨🇱 al final'],
    ['three-byte characters', 'precio: 5 € — “barato” 日本語'],
    ['combining accents', 'cafe\u0301 y cafe\u0301'],
  ])('agrees with the encoder at every character: %s', (_name, text) => {
    const offsets: number[] = [];
    const units: number[] = [];
    let unit = 0;
    for (const c of text) {
      offsets.push(bytes(text.slice(0, unit)));
      units.push(unit);
      unit += c.length;
    }
    offsets.push(bytes(text));
    units.push(text.length);
    const map = utf16Indexes(text, offsets);
    expect(offsets.map((o) => map.get(o))).toEqual(units);
  });

  it('gives nothing for an offset inside a character or past the end', () => {
    const map = utf16Indexes('añ👍', [2, 4, 5, 7, 8, 99]);
    expect([2, 4, 5, 7, 8, 99].map((o) => map.get(o))).toEqual([null, null, null, 4, null, null]);
  });

  it('handles the empty text', () => {
    expect(utf16Indexes('', [0, 1])).toEqual(
      new Map([
        [0, 0],
        [1, null],
      ]),
    );
  });
});

describe('evidenceSpans', () => {
  const text = 'Tenemos una clínica 🏥 con 80 interacciones diarias y pocas citas.';

  it('finds the quoted words after accents and emoji', () => {
    expect(marked(text, [quoted(text, 'clínica'), quoted(text, '80 interacciones diarias')])).toEqual([
      'clínica',
      '80 interacciones diarias',
    ]);
  });

  it('leaves out what has no words and what does not fit the text', () => {
    const evidence: Evidence[] = [
      { ...nowhere, field: 'sector', status: 'absent' },
      { ...nowhere, field: 'sector', status: 'not_mentioned' },
      { ...nowhere, field: 'sector', status: 'exact', start: 5, end: 5 },
      { ...nowhere, field: 'sector', status: 'exact', start: 9, end: 3 },
      { ...nowhere, field: 'sector', status: 'exact', start: 0, end: 4000 },
      quoted(text, 'pocas'),
    ];
    expect(evidenceSpans(text, evidence).map((s) => s.id)).toEqual([5]);
  });
});

describe('cutPieces', () => {
  const text = 'cero uno dos tres';

  it('loses no text, whatever the spans', () => {
    const spans = [
      { start: 5, end: 12, id: 0 },
      { start: 9, end: 17, id: 1 },
      { start: 5, end: 8, id: 2 },
    ];
    expect(
      cutPieces(text, spans)
        .map((p) => p.text)
        .join(''),
    ).toBe(text);
  });

  it('knows every span that covers a piece, and where each begins', () => {
    const pieces = cutPieces(text, [
      { start: 5, end: 12, id: 0 },
      { start: 9, end: 17, id: 1 },
    ]);
    expect(pieces).toEqual([
      { text: 'cero ', ids: [], begins: [] },
      { text: 'uno ', ids: [0], begins: [0] },
      { text: 'dos', ids: [0, 1], begins: [1] },
      { text: ' tres', ids: [1], begins: [] },
    ]);
  });

  it('returns one piece without spans, and none for the empty text', () => {
    expect(cutPieces(text, [])).toEqual([{ text, ids: [], begins: [] }]);
    expect(cutPieces('', [])).toEqual([]);
  });
});
