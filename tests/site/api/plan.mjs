// SPDX-License-Identifier: MIT
//
// Which examples are run, and in which order. The format is described at the top of docs/openapi.yaml.
import { examplesOf, operations } from './document.mjs';

const KEYS = ['example', 'name', 'as', 'path', 'query', 'headers', 'body', 'file', 'status', 'answer', 'varies', 'some',
  'save', 'until', 'within', 'after'];
export const CALLERS = ['viewer', 'analyst', 'manager', 'admin', 'operator', 'other', 'token', 'none', 'ops'];
const DEFAULT_CALLER = { public: 'none', 'data:read': 'viewer', 'data:write': 'analyst', admin: 'admin', operator: 'operator' };

/** The names that a value refers to: $name, as a whole text. */
export function references(value) {
  if (typeof value === 'string') return /^\$[a-z][a-z0-9_]*$/.test(value) ? [value.slice(1)] : [];
  return value !== null && typeof value === 'object' ? Object.values(value).flatMap(references) : [];
}

/** The value with $name replaced; throws for a name that nothing saved. */
export function substitute(value, saved) {
  if (typeof value === 'string') {
    const [name] = references(value);
    if (name === undefined) return value;
    if (!saved.has(name)) throw new Error(`$${name} was not saved: the run that should have done it failed`);
    return saved.get(name);
  }
  if (Array.isArray(value)) return value.map((v) => substitute(v, saved));
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, substitute(v, saved)]));
}

/** An example of the operation by its name: what is sent, and what is answered with this status. */
function gather(doc, o, run) {
  const found = { parameters: { path: {}, query: {}, header: {} }, known: run.example === undefined };
  const name = run.example;
  const take = (holder, use) => {
    const examples = examplesOf(doc, holder);
    if (name === undefined || !(name in examples)) return;
    found.known = true;
    use(examples[name]);
  };
  for (const p of o.parameters) take(p, (v) => (found.parameters[p.in][p.name] = v));
  for (const [type, media] of Object.entries(o.body?.content ?? {})) {
    found.requestType ??= type;
    take(media, (v) => Object.assign(found, { requestType: type, requestBody: v }));
  }
  for (const media of Object.values(o.responses[String(run.status)]?.content ?? {}))
    take(media, (v) => (found.answer = v));
  return found;
}

function checkRun(o, run, title, found, say) {
  for (const k of Object.keys(run)) if (!KEYS.includes(k)) say(`${title}: a run has no \`${k}\``);
  if ((run.example === undefined) === (run.name === undefined)) say(`${title}: give either \`example\` or \`name\``);
  if (!Number.isInteger(run.status)) say(`${title}: no status`);
  else if (!o.responses[String(run.status)]) say(`${title}: the operation does not declare ${run.status}`);
  if (run.as !== undefined && !CALLERS.includes(run.as)) say(`${title}: \`as\` is one of ${CALLERS.join(', ')}`);
  if (!found.known) say(`${title}: no example has this name, in what is sent or in what ${run.status} answers`);
  if (run.until && o.method !== 'GET') say(`${title}: only a GET can be repeated until something holds`);
}

/** { runs, notRun: [{ title, reason }], problems }: runs in the order in which they can be done. */
export function plan(doc) {
  const out = [];
  const listed = [];
  const notRun = [];
  for (const o of operations(doc)) {
    const runs = o.op['x-runs'] ?? [];
    const reason = o.op['x-not-run'];
    if (runs.length > 0 && reason !== undefined) out.push(`${o.title}: x-runs and x-not-run exclude one another`);
    if (runs.length === 0 && typeof reason === 'string' && reason !== '') notRun.push({ title: o.title, reason });
    else if (runs.length === 0) out.push(`${o.title}: no x-runs, and no x-not-run that says why`);
    for (const spec of runs) {
      const label = spec.example ?? spec.name;
      const title = `${o.title} ${label}`;
      const found = gather(doc, o, spec);
      checkRun(o, spec, title, found, (text) => out.push(text));
      listed.push({
        key: `${o.id}.${label}`, title, o, spec, caller: spec.as ?? DEFAULT_CALLER[o.scope],
        parameters: {
          path: { ...found.parameters.path, ...spec.path },
          query: { ...found.parameters.query, ...spec.query },
          header: { ...found.parameters.header, ...spec.headers },
        },
        requestType: found.requestType, requestBody: spec.body ?? found.requestBody,
        answer: spec.answer ?? found.answer,
      });
    }
    out.push(...unused(doc, o, runs));
  }
  return { notRun, ...order(listed, out) };
}

/** An example that no run names is an example that nobody has tried. */
function unused(doc, o, runs) {
  const holders = [...o.parameters, ...Object.values(o.body?.content ?? {})];
  for (const [code, r] of Object.entries(o.responses))
    if (o.op.responses[code].$ref === undefined) holders.push(...Object.values(r.content ?? {}));
  const names = new Set(holders.flatMap((h) => Object.keys(examplesOf(doc, h))));
  for (const r of runs) names.delete(r.example);
  return o.op['x-not-run'] ? [] : [...names].map((n) => `${o.title}: no run for the example ${n}`);
}

/** As the document has them, but each after the runs that it names and those that save what it uses. */
function order(listed, out) {
  const byKey = new Map();
  const saves = new Map();
  for (const r of listed) {
    if (byKey.has(r.key)) out.push(`${r.title}: two runs have this name`);
    byKey.set(r.key, r);
    for (const name of Object.keys(r.spec.save ?? {})) {
      if (saves.has(name)) out.push(`${r.title}: $${name} is saved by ${saves.get(name).title} already`);
      saves.set(name, r);
    }
  }
  const needs = (r) => {
    const before = [];
    for (const key of r.spec.after ?? []) {
      const others = byKey.has(key) ? [byKey.get(key)] : listed.filter((x) => x.o.id === key && x !== r);
      if (others.length === 0) out.push(`${r.title}: after ${key}, which is no run`);
      before.push(...others);
    }
    for (const name of references([r.parameters, r.requestBody ?? null, r.answer ?? null, r.spec.until ?? null])) {
      if (!saves.has(name)) out.push(`${r.title}: nobody saves $${name}`);
      else before.push(saves.get(name));
    }
    return before;
  };
  const before = new Map(listed.map((r) => [r, needs(r)]));
  const runs = [];
  const state = new Map();
  const visit = (r, trail) => {
    if (state.get(r) === 'done') return;
    if (state.get(r) === 'open') {
      out.push(`${r.title} waits for itself, by ${trail.join(' and ')}`);
      return;
    }
    state.set(r, 'open');
    for (const b of before.get(r)) visit(b, [...trail, r.key]);
    state.set(r, 'done');
    runs.push(r);
  };
  for (const r of listed) visit(r, []);
  return { runs, problems: out };
}
