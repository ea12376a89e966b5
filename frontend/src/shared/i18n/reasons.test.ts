// SPDX-License-Identifier: MIT
// What the program can answer, read from its sources, has a sentence in the pages.
import { describe, expect, it } from 'vitest';
import en from './en.json';
import es from './es.json';

const sources = import.meta.glob<string>(
  // core/net is not read: what it says of other services becomes `upstream` by its status.
  ['../../../../{auth,fcgi}/*.c', '../../../../core/{base,charts,db,fields,insight,meetings,queue}/*.c'],
  { query: '?raw', import: 'default', eager: true },
);

/** Nobody is there to read them. */
const TO_NOBODY = ['client_gone', 'client_too_slow'];

/** The reason behind a code, in calls and in tables; and what core/charts hands to its own helpers. */
const PATTERNS = [
  /\bERR_[A-Z_]+,\s*"([a-z][a-z0-9_]*)"/g,
  /\bfail(?:_operator)?\(\w+,\s*(?:\w+,\s*)?"([a-z]+_[a-z_]+)"/g,
];

const reasons = new Set(
  Object.values(sources)
    .flatMap((text) => PATTERNS.flatMap((p) => [...text.matchAll(p)]))
    .map((m) => m[1] ?? '')
    .filter((r) => !TO_NOBODY.includes(r)),
);

describe('reasons of errors', () => {
  it('are found in the sources', () => {
    expect(reasons.size).toBeGreaterThan(100);
    for (const one of ['try_again', 'multipart_invalid', 'operator_unknown', 'upload_running'])
      expect(reasons).toContain(one);
  });

  it.each([
    ['en', en],
    ['es', es],
  ])('have a sentence each in %s', (_, texts) => {
    expect([...reasons].filter((r) => !(r in texts.error)).sort()).toEqual([]);
  });
});
