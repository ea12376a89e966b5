// SPDX-License-Identifier: MIT
//
// The runner of the API document by itself: each of its checks fails for what it is there for. No server.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { closed, problems, readDocument, require } from './api/document.mjs';
import { judge, makeValidator } from './api/judge.mjs';
import { differences, textDifferences } from './api/match.mjs';
import { plan } from './api/plan.mjs';

const YAML = require('yaml');
const ID = (n) => `0190c3a0-0000-7000-8000-00000000000${n}`;
const REAL = ['01a210fd-3879-73a3-83af-7b3b22c25fee', '01a210fb-5b74-7688-90cb-6f06e2e44215'];

const small = (change = () => {}) => {
  const doc = YAML.parse(`
paths:
  /things/{id}:
    get:
      tags: [things]
      operationId: getThing
      summary: A thing
      x-scope: data:read
      x-pool: web
      parameters: [{ name: id, in: path, required: true, schema: { type: string, format: uuid } }]
      responses:
        "200":
          description: It
          headers: { X-Request-Id: { schema: { type: string } } }
          content:
            application/json:
              schema: { $ref: "#/components/schemas/Big" }
              examples: { big: { value: { name: a, size: 1 } } }
        ${['400', '401', '403', '404', 'default'].map((c) => `"${c}": { $ref: "#/components/responses/Error" }`).join('\n        ')}
      x-runs:
        - { example: big, path: { id: $thing_id }, status: 200 }
  /things:
    post:
      tags: [things]
      operationId: addThing
      summary: A new thing
      x-scope: public
      x-pool: web
      responses:
        "201":
          description: Made
          headers: { X-Request-Id: { schema: { type: string } } }
          content: { application/json: { schema: { $ref: "#/components/schemas/Thing" } } }
        default: { $ref: "#/components/responses/Error" }
      x-runs: [{ name: one, status: 201, save: { thing_id: id } }]
components:
  responses:
    Error:
      description: No
      headers: { X-Request-Id: { schema: { type: string } } }
      content: { application/json: { schema: { $ref: "#/components/schemas/ErrorEnvelope" } } }
  schemas:
    ErrorEnvelope: { type: object, required: [error], properties: { error: { type: string } } }
    Thing: { type: object, required: [name], properties: { name: { type: string } } }
    Big:
      allOf:
        - $ref: "#/components/schemas/Thing"
        - { type: object, required: [size], properties: { size: { type: integer } } }
    Tree:
      type: object
      required: [children]
      properties: { children: { type: array, items: { $ref: "#/components/schemas/Tree" } } }
`);
  change(doc);
  return doc;
};

const answer = (body, more = {}) => ({
  status: 200,
  headers: { 'content-type': 'application/json; charset=utf-8', 'x-request-id': 'x' },
  body: JSON.stringify(body),
  json: body,
  ...more,
});

function judged(doc, given, options) {
  const run = plan(doc).runs.find((r) => r.o.id === 'getThing');
  judge(makeValidator(doc), run.o, 200, given, { example: run.answer, ...options });
}

test('the small document is good, and a run follows the one that saves what it uses', () => {
  const doc = small();
  assert.deepEqual(problems(doc), []);
  const { runs, problems: p } = plan(doc);
  assert.deepEqual(p, []);
  assert.deepEqual(
    runs.map((r) => r.key),
    ['addThing.one', 'getThing.big'],
  );
  judged(doc, answer({ name: 'a', size: 1 }));
});

for (const [what, given, words] of [
  [
    'a property that nobody declared',
    answer({ name: 'a', size: 1, secret: 2 }),
    /must NOT have unevaluated properties secret/,
  ],
  ['a property that is missing', answer({ name: 'a' }), /must have required property 'size'/],
  ['a value of another type', answer({ name: 'a', size: '1' }), /size must be integer/],
  ['another value than the example', answer({ name: 'b', size: 1 }), /name: "a" in the example/],
  ['another status', answer({ name: 'a', size: 1 }, { status: 404 }), /404/],
  [
    'another media type',
    answer({ name: 'a', size: 1 }, { headers: { 'content-type': 'text/html', 'x-request-id': 'x' } }),
    /text\/html/,
  ],
  [
    'a header that did not come',
    answer({ name: 'a', size: 1 }, { headers: { 'content-type': 'application/json' } }),
    /X-Request-Id/,
  ],
])
  test(`an answer fails for ${what}`, () => assert.throws(() => judged(small(), given), words));

test('an object in an object is closed too, and one that holds itself does not end the runner', () => {
  const doc = small();
  const validator = makeValidator(doc);
  const tree = { $ref: '#/components/schemas/Tree' };
  validator.check(tree, { children: [{ children: [] }] }, 'it');
  assert.throws(() => validator.check(tree, { children: [], more: 1 }, 'it'), /more/);
  assert.equal(closed(doc, { type: 'object', additionalProperties: true }).unevaluatedProperties, undefined);
  const either = { oneOf: [{ $ref: '#/components/schemas/Thing' }, { type: 'null' }] };
  validator.check(either, null, 'it');
  assert.throws(() => validator.check(either, { name: 'a', more: 1 }, 'it'), /more/);
});

const get = (doc) => doc.paths['/things/{id}'].get;
for (const [what, change, words] of [
  ['no summary', (d) => delete get(d).summary, /no summary/],
  ['no operationId', (d) => delete get(d).operationId, /no operationId/],
  ['the same operationId twice', (d) => (get(d).operationId = 'addThing'), /is taken/],
  ['a 404 that its path can give', (d) => delete get(d).responses['404'], /can answer 404/],
  ['a 401 that its scope can give', (d) => delete get(d).responses['401'], /can answer 401/],
  [
    'an error of its own form',
    (d) =>
      (d.components.responses.Error.content['application/json'].schema = {
        type: 'object',
        additionalProperties: true,
      }),
    /shared error schema/,
  ],
  [
    'a property that may be missing',
    (d) => (d.components.schemas.Thing.required = []),
    /Thing.name may be missing/,
  ],
  [
    'an object that says nothing',
    (d) => (d.components.schemas.Thing = { type: 'object' }),
    /must say additionalProperties/,
  ],
  ['no request id', (d) => delete get(d).responses['200'].headers, /X-Request-Id/],
])
  test(`the document's rules find ${what}`, () => assert.match(problems(small(change)).join('\n'), words));

for (const [what, change, words] of [
  ['an operation without runs', (d) => delete get(d)['x-runs'], /no x-runs/],
  [
    'a run of an example that is not there',
    (d) => (get(d)['x-runs'][0].example = 'bog'),
    /no example has this name/,
  ],
  [
    'an example that nobody runs',
    (d) => (get(d)['x-runs'][0] = { name: 'x', path: { id: '$thing_id' }, status: 200 }),
    /no run for the example big/,
  ],
  ['a key that is misspelt', (d) => (get(d)['x-runs'][0].quary = {}), /a run has no `quary`/],
  ['a status that is not declared', (d) => (get(d)['x-runs'][0].status = 418), /does not declare 418/],
  ['a value that nobody saves', (d) => (get(d)['x-runs'][0].path.id = '$nothing'), /nobody saves \$nothing/],
  ['a circle', (d) => (d.paths['/things'].post['x-runs'][0].after = ['getThing']), /waits for itself/],
  ['runs after what is no run', (d) => (get(d)['x-runs'][0].after = ['nobody']), /which is no run/],
  ['a caller who does not exist', (d) => (get(d)['x-runs'][0].as = 'boss'), /`as` is one of/],
])
  test(`the plan finds ${what}`, () => assert.match(plan(small(change)).problems.join('\n'), words));

test('an operation may say why it is not run', () => {
  const doc = small((d) => {
    get(d)['x-not-run'] = 'needs a moon';
    delete get(d)['x-runs'];
  });
  assert.deepEqual(plan(doc).problems, []);
  assert.deepEqual(plan(doc).notRun, [{ title: 'GET /things/{id}', reason: 'needs a moon' }]);
});

test('an example may say less than the answer, never something else', () => {
  assert.deepEqual(differences({ a: [1, { b: 2 }] }, { a: [1, { b: 2, c: 3 }], d: 4 }), []);
  assert.equal(differences({ a: 1 }, {}).length, 1);
  assert.equal(differences({ a: [1] }, { a: [1, 2] }).length, 1);
  assert.equal(differences({ a: null }, { a: 0 }).length, 1);
  assert.equal(differences({ a: {} }, { a: [] }).length, 1);
});

test('values that change are matched by form', () => {
  const at = '2026-01-31T12:00:00Z';
  assert.deepEqual(differences({ id: ID(1), at }, { id: REAL[0], at: '2027-12-01T00:00:00.123Z' }), []);
  assert.equal(differences({ id: ID(1) }, { id: 'nothing' }).length, 1);
  for (const wrong of ['yesterday', '2027-12-01T00:00:00Z', '2027-12-01T00:00:00.123456-03:00'])
    assert.equal(differences({ at }, { at: wrong }).length, 1);
  assert.equal(
    differences({ id: REAL[0] }, { id: REAL[1] }).length,
    1,
    'only the marked ids stand for others',
  );
  assert.deepEqual(differences([ID(1), ID(1)], [REAL[0], REAL[0]]), []);
  assert.equal(differences([ID(1), ID(1)], [REAL[0], REAL[1]]).length, 1, 'the same mark is the same id');
});

test('what varies is left to the schema, and must be there', () => {
  assert.deepEqual(differences({ a: [{ n: 1 }] }, { a: [{ n: 2 }] }, { varies: ['a.*.n'] }), []);
  assert.deepEqual(differences({ a: { b: { n: 1 } } }, { a: { b: { n: 2 } } }, { varies: ['**.n'] }), []);
  assert.equal(differences({ n: 1 }, {}, { varies: ['n'] }).length, 1);
  assert.equal(differences({ n: 1, m: 1 }, { n: 2, m: 2 }, { varies: ['n'] }).length, 1);
});

test('some elements of an array, in any order', () => {
  const some = { some: ['list'] };
  assert.deepEqual(
    differences({ list: [{ k: 2 }, { k: 1 }] }, { list: [{ k: 1, x: 0 }, { k: 3 }, { k: 2 }] }, some),
    [],
  );
  assert.equal(differences({ list: [{ k: 4 }] }, { list: [{ k: 1 }] }, some).length, 1);
});

test('lines of a text', () => {
  assert.deepEqual(textDifferences('a,b\n1,…\n', '\uFEFFa,b\r\n1,anything\r\n'), []);
  assert.deepEqual(textDifferences('a\n...\nz', 'a\nb\nc\nz\n'), []);
  assert.equal(textDifferences('a\nb', 'a\nc\n').length, 1);
  assert.equal(textDifferences('a', 'a\nb\n').length, 1, 'more lines than the example');
  assert.equal(textDifferences('a\n...\nz', 'a\nb\n').length, 1);
  assert.equal(textDifferences('a.c', 'abc').length, 1, 'a dot is a dot');
});

test("the product's own document is read, and has what the tests are about", () => {
  const { runs } = plan(readDocument());
  assert.ok(runs.length > 30);
});
