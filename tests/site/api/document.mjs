// SPDX-License-Identifier: MIT
//
// docs/openapi.yaml as data: its operations, its references, its schemas closed so that nothing undeclared passes, and
// the rules that the document itself keeps. Knows no server.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

// One lock file for all of Node: the tools are the frontend's development dependencies.
export const require = createRequire(new URL('../../../frontend/package.json', import.meta.url));
const YAML = require('yaml');

export const root = fileURLToPath(new URL('../../..', import.meta.url));
const METHODS = ['get', 'put', 'post', 'patch', 'delete'];
const JSON_TYPE = 'application/json';
const ERROR_SCHEMA = '#/components/schemas/ErrorEnvelope';

export function readDocument(file = `${root}/docs/openapi.yaml`) {
  return YAML.parse(readFileSync(file, 'utf8'));
}

/** What a reference points at; anything else is itself. */
export function resolve(doc, node) {
  let at = node;
  while (at && typeof at === 'object' && typeof at.$ref === 'string') {
    const keys = at.$ref.replace(/^#\//, '').split('/').map((k) => k.replaceAll('~1', '/').replaceAll('~0', '~'));
    at = keys.reduce((o, k) => o?.[k], doc);
    if (at === undefined) throw new Error(`nothing is at ${node.$ref}`);
  }
  return at;
}

/** In the order of the document, with references to parameters, bodies and responses followed. */
export function operations(doc) {
  const out = [];
  for (const [path, item] of Object.entries(doc.paths)) {
    for (const method of METHODS.filter((m) => m in item)) {
      const op = item[method];
      const responses = Object.entries(op.responses ?? {}).map(([code, r]) => [code, resolve(doc, r)]);
      out.push({
        id: op.operationId ?? `${method} ${path}`,
        title: `${method.toUpperCase()} ${path}`,
        method: method.toUpperCase(),
        path,
        op,
        scope: op['x-scope'],
        parameters: [...(item.parameters ?? []), ...(op.parameters ?? [])].map((p) => resolve(doc, p)),
        body: resolve(doc, op.requestBody),
        responses: Object.fromEntries(responses),
      });
    }
  }
  return out;
}

const isObject = (v) => v !== null && typeof v === 'object' && !Array.isArray(v);
const takesObjects = (s) => isObject(s.properties) || [s.type].flat().includes('object');

/**
 * The schema with its references written out, and with every object that says nothing about further properties closed.
 * The members of allOf stay open and their whole is closed instead. A schema that holds itself stays open below its
 * second occurrence.
 */
export function closed(doc, schema, open = false, seen = []) {
  if (!isObject(schema)) return schema;
  if (schema.$ref !== undefined) {
    if (seen.includes(schema.$ref)) return {};
    const { $ref, ...beside } = schema;
    return closed(doc, { ...resolve(doc, { $ref }), ...beside }, open, [...seen, $ref]);
  }
  const out = { ...schema };
  const inner = (s, o = false) => closed(doc, s, o, seen);
  const map = (o) => Object.fromEntries(Object.entries(o).map(([k, v]) => [k, inner(v)]));
  if (isObject(schema.properties)) out.properties = map(schema.properties);
  if (isObject(schema.additionalProperties)) out.additionalProperties = inner(schema.additionalProperties);
  if (isObject(schema.items)) out.items = inner(schema.items);
  if (Array.isArray(schema.prefixItems)) out.prefixItems = schema.prefixItems.map((s) => inner(s));
  // Beside properties or allOf the alternatives add to the whole, and the whole is what is closed.
  const whole = Boolean(schema.allOf || schema.properties);
  for (const k of ['oneOf', 'anyOf']) if (schema[k]) out[k] = schema[k].map((s) => inner(s, open || whole));
  if (schema.allOf) out.allOf = schema.allOf.map((s) => inner(s, true));
  const says = 'additionalProperties' in schema || 'unevaluatedProperties' in schema;
  if (!open && !says && (takesObjects(schema) || schema.allOf)) out.unevaluatedProperties = false;
  return out;
}

/** Named examples of a media type or a parameter; a single `example` has no name and is not run. */
export const examplesOf = (doc, holder) =>
  Object.fromEntries(Object.entries(holder?.examples ?? {}).map(([name, e]) => [name, resolve(doc, e).value]));

// ---------------------------------------------------------------------------------------------------------------
// The rules

/** Calls visit(schema, where) for a schema and all below it. */
function walk(doc, schema, where, visit, seen = []) {
  if (!isObject(schema)) return;
  if (schema.$ref !== undefined) {
    if (!seen.includes(schema.$ref)) walk(doc, resolve(doc, schema), schema.$ref.split('/').at(-1), visit, [...seen, schema.$ref]);
    return;
  }
  visit(schema, where);
  for (const [k, s] of Object.entries(schema.properties ?? {})) walk(doc, s, `${where}.${k}`, visit, seen);
  for (const k of ['items', 'additionalProperties', 'not']) walk(doc, schema[k], `${where}.${k}`, visit, seen);
  for (const k of ['allOf', 'oneOf', 'anyOf', 'prefixItems'])
    for (const [i, s] of (schema[k] ?? []).entries()) walk(doc, s, `${where}.${k}[${i}]`, visit, seen);
}

/** The statuses that an operation can give because of its row in the table of routes. */
export function expectedStatuses(o) {
  const out = [];
  if (o.scope !== 'public') out.push('400', '401', '403'); // 400: which tenant?
  if (o.scope !== 'public' && o.parameters.some((p) => p.in === 'path')) out.push('404');
  if (o.scope !== 'public' && o.body) out.push('413', '415');
  if (o.op['x-pool'] === 'stream') out.push('429');
  return [...new Set(out)];
}

function responseProblems(doc, o, code, response, say) {
  if (!response.headers?.['X-Request-Id']) say(`${code} does not declare the header X-Request-Id`);
  for (const [type, media] of Object.entries(response.content ?? {})) {
    if (!media.schema) say(`${code} ${type} has no schema`);
    if (media.example !== undefined && code.startsWith('2') && o.op.responses[code].$ref === undefined)
      say(`${code} ${type} has an example without a name; put it under \`examples\``);
    if (/^[45d]/.test(code) && type === JSON_TYPE && media.schema?.$ref !== ERROR_SCHEMA && o.scope !== 'public')
      say(`${code} is not the shared error schema`);
    if (type !== JSON_TYPE) continue;
    walk(doc, media.schema, code, (s, where) => {
      if (takesObjects(s) && !s.properties && !('additionalProperties' in s) && !s.allOf && !s.oneOf)
        say(`${where}: an object that names no properties must say additionalProperties`);
      for (const [name, p] of Object.entries(s.properties ?? {}))
        if (!(s.required ?? []).includes(name) && resolve(doc, p)['x-when'] === undefined && p['x-when'] === undefined)
          say(`${where}.${name} may be missing: add it to \`required\`, or say when it is there in \`x-when\``);
    });
  }
}

/** Each rule of the document that is broken, as a line. */
export function problems(doc) {
  const out = [];
  const ids = new Set();
  for (const o of operations(doc)) {
    const say = (text) => out.push(`${o.title}: ${text}`);
    if (!o.op.operationId) say('no operationId');
    if (ids.has(o.id)) say(`operationId ${o.id} is taken`);
    ids.add(o.id);
    if (!o.op.summary) say('no summary');
    if (!o.op.tags?.length) say('no tag');
    if (!o.responses.default) say('no default response');
    for (const code of expectedStatuses(o)) if (!o.responses[code]) say(`can answer ${code} and does not declare it`);
    if (!Object.keys(o.responses).some((c) => /^[23]/.test(c))) say('no success');
    for (const [code, response] of Object.entries(o.responses)) responseProblems(doc, o, code, response, say);
  }
  return out;
}
