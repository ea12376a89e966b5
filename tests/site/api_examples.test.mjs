// SPDX-License-Identifier: MIT
//
// The API document is true: every example in it is asked of a running installation, through nginx and TLS, with real
// tokens, and every answer is held against the schema of its status (nothing undeclared, nothing missing), its headers
// and its example. Then what every operation refuses because of its row in the table of routes: strangers, too small a
// role, an id of nobody, no id, a body of another type or too large. How examples say how they are run is written at
// the top of docs/openapi.yaml; the parts are in api/: document (rules, closed schemas), plan (order), match (examples).
//
// An installation of its own, so that the tenant is empty each time.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { Stack, sleep } from '../fault/lib.mjs';
import { expectedStatuses, operations, problems, readDocument, require, root } from './api/document.mjs';
import { judge, makeValidator } from './api/judge.mjs';
import { at } from './api/match.mjs';
import { plan, references, substitute } from './api/plan.mjs';

const PEOPLE = ['viewer', 'analyst', 'manager', 'admin', 'operator'];
const WITHIN_S = 30;
const POLL_MS = 150;
const NOBODY = 'ffffffff-0000-7000-8000-000000000000';
const BOUNDARY = 'cm-example-boundary-51c0';

const doc = readDocument();
const { runs, notRun, problems: unplanned } = plan(doc);
const validator = makeValidator(doc);
const saved = new Map();
const credentials = new Map();
let stack;

before(
  async () => {
    stack = await Stack.up();
  },
  { timeout: 240000 },
);
after(() => stack?.down());

// ---------------------------------------------------------------------------------------------------------------
// Who asks, and what is sent

function apiToken() {
  const file = (name) => readFileSync(path.join(stack.state, name), 'utf8');
  const password = /^PG_OWNER_PASSWORD=(.*)$/m.exec(file('secrets.env'))[1];
  const owner = stack.superUrl.replace(/\/\/postgres:[^@]*@/, `//cm_owner:${password}@`);
  return execFileSync(
    process.env.CM_TEST_BIN ?? path.join(root, 'build/debug/clientmetrics'),
    ['admin', 'token', 'create', 'demo', 'examples', 'data:read,data:write'],
    {
      env: {
        ...process.env,
        CM_CONFIG_FILE: path.join(stack.state, 'clientmetrics.env'),
        CM_DATABASE_OWNER_URL: owner,
      },
      encoding: 'utf8',
    },
  ).trim();
}

async function tokenOf(caller) {
  if (caller === 'none' || caller === 'ops') return undefined;
  if (!credentials.has(caller)) {
    const mail = PEOPLE.includes(caller) ? `${caller}@demo.test` : 'admin@other.test';
    credentials.set(caller, caller === 'token' ? apiToken() : await stack.token(mail));
  }
  return credentials.get(caller);
}

function multipart(fields, file) {
  const parts = Object.entries(fields).map(([name, value]) => [
    `Content-Disposition: form-data; name="${name}"${name === 'file' ? '; filename="example.csv"' : ''}`,
    Buffer.from(value),
  ]);
  if (file)
    parts.push([
      `Content-Disposition: form-data; name="file"; filename="${path.basename(file)}"`,
      readFileSync(path.join(root, file)),
    ]);
  const body = parts.flatMap(([head, value]) => [
    Buffer.from(`--${BOUNDARY}\r\n${head}\r\n\r\n`),
    value,
    Buffer.from('\r\n'),
  ]);
  return Buffer.concat([...body, Buffer.from(`--${BOUNDARY}--\r\n`)]);
}

/** The options of Stack.ask for a body of this type. */
function encoded(type, value, file) {
  if (type === undefined || (value === undefined && !file)) return {};
  if (type === 'multipart/form-data')
    return {
      body: multipart(value ?? {}, file),
      headers: { 'content-type': `${type}; boundary=${BOUNDARY}` },
    };
  const body =
    type === 'application/x-www-form-urlencoded'
      ? new URLSearchParams(value).toString()
      : JSON.stringify(value);
  return { body, headers: { 'content-type': type } };
}

function targetOf(o, { path: inPath, query }) {
  const target = o.path.replace(/\{([^}]+)\}/g, (_, name) => {
    assert.ok(inPath[name] !== undefined, `no value for {${name}}`);
    return encodeURIComponent(inPath[name]);
  });
  const list = Object.entries(query).flatMap(([k, v]) => [v].flat().map((x) => [k, String(x)]));
  return list.length ? `${target}?${new URLSearchParams(list)}` : target;
}

async function ask(o, caller, parameters, content = {}) {
  const token = await tokenOf(caller);
  const headers = { ...parameters.header, ...content.headers };
  const body = content.body === undefined ? {} : { 'content-length': Buffer.byteLength(content.body) };
  return stack.ask(targetOf(o, parameters), {
    method: o.method,
    token,
    body: content.body,
    headers: { ...headers, ...body },
    base: caller === 'ops' ? stack.ops : stack.site,
  });
}

// ---------------------------------------------------------------------------------------------------------------
// The document by itself

test('the document keeps its own rules', () => assert.deepEqual(problems(doc), []));

test('every operation has its runs, or says why it has none', (t) => {
  assert.deepEqual(unplanned, []);
  for (const { title, reason } of notRun) t.diagnostic(`not run: ${title}: ${reason}`);
});

// ---------------------------------------------------------------------------------------------------------------
// The examples

function keep(run, answer) {
  for (const [name, where] of Object.entries(run.spec.save ?? {})) {
    const value = where.startsWith('header.')
      ? answer.headers[where.slice(7).toLowerCase()]
      : at(answer.json, where);
    assert.ok(
      value !== undefined && value !== null,
      `${where} is not in the answer, so $${name} cannot be saved`,
    );
    saved.set(name, value);
  }
}

const holds = (until, answer) =>
  Object.entries(until).every(([where, value]) => at(answer.json, where) === value);

/** The answer; for a run with `until` the first one in which it holds. */
async function answered(run, parameters, content) {
  const end = Date.now() + (run.spec.within ?? WITHIN_S) * 1000;
  const until = run.spec.until && substitute(run.spec.until, saved);
  for (;;) {
    const answer = await ask(run.o, run.caller, parameters, content);
    answer.json = validator.json(answer);
    if (!until || holds(until, answer)) return answer;
    if (Date.now() > end)
      assert.fail(`waited for ${JSON.stringify(until)}; the last answer: ${answer.body.slice(0, 500)}`);
    await sleep(POLL_MS);
  }
}

for (const run of runs) {
  test(run.title, { timeout: 120000 }, async () => {
    const parameters = substitute(run.parameters, saved);
    const body = substitute(run.requestBody, saved);
    if (run.spec.status < 400) validator.request(run.o, parameters, run.requestType, body);
    const answer = await answered(run, parameters, encoded(run.requestType, body, run.spec.file));
    judge(validator, run.o, run.spec.status, answer, {
      example: substitute(run.answer, saved),
      varies: run.spec.varies,
      some: run.spec.some,
    });
    keep(run, answer);
  });
}

// ---------------------------------------------------------------------------------------------------------------
// What follows from the route's row

const SMALLER = { 'data:write': 'viewer', admin: 'analyst', operator: 'admin' };

/** A request that would be good, for the caller that is refused; null when the examples have none. */
function goodRequest(o) {
  const of = runs.filter((r) => r.o.id === o.id);
  // A 409 was well asked: only what it is about is in another state.
  const run = of.find((r) => r.spec.status < 400) ?? of.find((r) => r.spec.status === 409);
  if (!run) return null;
  const known = (v) => references(v).every((name) => saved.has(name));
  const clean = (map) => Object.fromEntries(Object.entries(map).filter(([, v]) => known(v)));
  const inPath = Object.fromEntries(o.parameters.filter((p) => p.in === 'path').map((p) => [p.name, NOBODY]));
  const body = known(run.requestBody ?? null) ? substitute(run.requestBody, saved) : undefined;
  return {
    run,
    parameters: {
      path: { ...substitute(clean(run.parameters.path), saved), ...inPath },
      query: substitute(clean(run.parameters.query), saved),
      header: substitute(clean(run.parameters.header), saved),
    },
    content: encoded(run.requestType, body, run.spec.file),
  };
}

async function refused(o, status, code, request) {
  const answer = await ask(o, request.caller, request.parameters, request.content);
  answer.json = validator.json(answer);
  judge(validator, o, status, answer, code ? { example: { success: false, error: { code } } } : {});
}

for (const o of operations(doc).filter((x) => x.scope !== 'public')) {
  test(`${o.title}: what it refuses`, async (t) => {
    const good = goodRequest(o);
    assert.ok(good, 'no run of this operation succeeds');
    const { parameters, content, run } = good;
    const ids = o.parameters.filter((p) => p.in === 'path' && p.schema?.format === 'uuid').map((p) => p.name);
    const expected = expectedStatuses(o);
    await t.test('a stranger', () =>
      refused(o, 401, 'unauthenticated', { caller: 'none', parameters, content }),
    );
    if (SMALLER[o.scope])
      await t.test(`a caller without ${o.scope}`, () =>
        refused(o, 403, 'forbidden', { caller: SMALLER[o.scope], parameters, content }),
      );
    if (ids.length > 0) {
      const wrong = { ...parameters, path: { ...parameters.path, [ids[0]]: 'not-an-id' } };
      await t.test('an id of nobody', () =>
        refused(o, 404, 'not_found', { caller: run.caller, parameters, content }),
      );
      await t.test('no id', () =>
        refused(o, 400, 'id_invalid', { caller: run.caller, parameters: wrong, content }),
      );
    }
    if (o.body && expected.includes('415'))
      await t.test('a body of another type', () =>
        refused(o, 415, 'media_type', {
          caller: run.caller,
          parameters,
          content: { body: 'x', headers: { 'content-type': 'text/x-other' } },
        }),
      );
    if (o.body?.content['application/json'])
      await t.test('a body that is too large', () =>
        refused(o, 413, null, {
          caller: run.caller,
          parameters,
          content: {
            body: JSON.stringify({ x: 'x'.repeat(1200000) }),
            headers: { 'content-type': 'application/json' },
          },
        }),
      );
  });
}
