// SPDX-License-Identifier: MIT
//
// Whether an answer is what an example says. The example is a part of the answer: all that it says must be so, and the
// answer may say more (what it may say is the schema's business). Arrays are equal in length and order.
//
// Values that no document can know are written as these, and stand for any value of their form:
//   0190c3a0-....           any UUID; the same one in two places of an example means the same UUID
//   2026-01-31T12:00:00Z    any instant (any text that begins with this day and T), as all answers write them: in UTC with
//                           milliseconds and Z
//   6f1c2b0e9f6a4f0f8a3c1d2e3f405162   any request id
// In a text (CSV, metrics) a line `...` stands for any lines, and `…` within a line for any characters.

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const PLACE_UUID = /^0190c3a/;
const PLACE_INSTANT = /^2026-01-31T/;
const INSTANT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/;
const PLACE_REQUEST_ID = '6f1c2b0e9f6a4f0f8a3c1d2e3f405162';
const REQUEST_ID = /^[0-9a-f]{32}$/;

/** "a.*.b" fits a.0.b; "**.b" fits b at any depth. */
export function fits(pattern, path) {
  const go = (p, s) => {
    if (p.length === 0) return s.length === 0;
    if (p[0] === '**') return go(p.slice(1), s) || (s.length > 0 && go(p, s.slice(1)));
    return s.length > 0 && (p[0] === '*' || p[0] === s[0]) && go(p.slice(1), s.slice(1));
  };
  return go(pattern.split('.'), path);
}

/** "data.uploads.0.upload_id" in a value; undefined when it is not there. Keys with dots cannot be named. */
export function at(value, path) {
  return path.split('.').reduce((v, k) => (v === null || v === undefined ? undefined : v[k]), value);
}

function sameText(example, value, ids) {
  if (example === value) return true;
  if (PLACE_INSTANT.test(example)) return INSTANT.test(value);
  if (example === PLACE_REQUEST_ID) return REQUEST_ID.test(value);
  if (!PLACE_UUID.test(example) || !UUID.test(value)) return false;
  if (!ids.has(example)) ids.set(example, value);
  return ids.get(example) === value;
}

const show = (v) => {
  const text = JSON.stringify(v) ?? 'nothing';
  return text.length > 160 ? `${text.slice(0, 160)}...` : text;
};

/**
 * The differences, as lines. `varies`: paths of the example whose values are left to the schema. `some`: paths of
 * arrays of which the example shows only some elements, in any order.
 */
export function differences(example, answer, { varies = [], some = [] } = {}) {
  const compare = (want, got, path, ids) => {
    if (varies.some((p) => fits(p, path))) return got === undefined ? [`${path.join('.')}: nothing`] : [];
    const here = path.join('.') || 'the answer';
    if (Array.isArray(want) && Array.isArray(got)) {
      if (some.some((p) => fits(p, path))) return want.flatMap((w, i) => among(w, got, [...path, String(i)], ids));
      if (want.length !== got.length) return [`${here}: ${want.length} elements in the example, ${got.length} in the answer`];
      return want.flatMap((w, i) => compare(w, got[i], [...path, String(i)], ids));
    }
    const objects = [want, got].every((v) => v !== null && typeof v === 'object' && !Array.isArray(v));
    if (objects) return Object.entries(want).flatMap(([k, w]) => compare(w, got[k], [...path, k], ids));
    if (typeof want === 'string' && typeof got === 'string' && sameText(want, got, ids)) return [];
    return Object.is(want, got) ? [] : [`${here}: ${show(want)} in the example, ${show(got)} in the answer`];
  };
  const among = (want, list, path, ids) => {
    for (const got of list) {
      const tried = new Map(ids);
      if (compare(want, got, path, tried).length > 0) continue;
      for (const [k, v] of tried) ids.set(k, v);
      return [];
    }
    return [`${path.join('.')}: no element of the answer is ${show(want)}`];
  };
  return compare(example, answer, [], new Map());
}

/** The same for a text: its lines, in order. */
export function textDifferences(example, text) {
  const lines = (s) => s.replace(/^\uFEFF/, '').replaceAll('\r\n', '\n').replace(/\n$/, '').split('\n');
  const escape = (s) => s.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  const want = lines(example);
  const got = lines(text);
  let next = 0;
  let loose = false;
  for (const line of want) {
    if (line === '...') {
      loose = true;
      continue;
    }
    const form = new RegExp(`^${line.split('…').map(escape).join('.*')}$`, 'u');
    const found = loose ? got.findIndex((g, i) => i >= next && form.test(g)) : form.test(got[next] ?? '\0') ? next : -1;
    if (found < 0) return [`line ${next + 1} on: no ${show(line)}; there is ${show(got[next])}`];
    next = found + 1;
    loose = false;
  }
  return loose || next === got.length ? [] : [`${got.length - next} lines more than the example, from ${show(got[next])}`];
}
