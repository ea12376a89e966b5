// SPDX-License-Identifier: MIT
//
// An answer against what the document says of its status: media type, headers, schema, example.
import assert from 'node:assert/strict';
import { closed, require, resolve } from './document.mjs';
import { differences, textDifferences } from './match.mjs';

const Ajv = require('ajv/dist/2020').default;
const formats = require('ajv-formats').default;

const typeOf = (answer) => (answer.headers['content-type'] ?? '').split(';')[0].trim();
const isJson = (type) => type === 'application/json' || type.endsWith('+json');
const isLines = (type) => /^application\/(x-)?ndjson$/.test(type);
const isText = (type) => type.startsWith('text/');

/** Compiles each schema once. Texts of parameters and headers are read as the type that their schema names. */
export function makeValidator(doc) {
  const ajv = formats(new Ajv({ strict: true, allowUnionTypes: true, strictRequired: false, strictTypes: false, allErrors: true,
    keywords: ['example', 'x-when'] }));
  const loose = formats(new Ajv({ strict: false, coerceTypes: 'array' }));
  for (const a of [ajv, loose]) {
    a.addFormat('binary', true);
    a.addFormat('password', true);
  }
  const compiled = new Map();
  const check = (schema, value, what) => {
    if (!compiled.has(schema)) compiled.set(schema, ajv.compile(closed(doc, schema)));
    const validate = compiled.get(schema);
    if (validate(value)) return;
    const lines = validate.errors.map((e) => {
      const more = e.params.unevaluatedProperty ?? e.params.additionalProperty ?? e.params.allowedValues?.join(', ') ?? '';
      return `${e.instancePath || '/'} ${e.message} ${more}`.trim();
    });
    assert.fail(`${what} is not as its schema says:\n  ${[...new Set(lines)].slice(0, 12).join('\n  ')}`);
  };
  const text = (schema, value, what) => {
    const box = { value };
    const wrapped = { type: 'object', properties: { value: closed(doc, schema) } };
    const validate = loose.compile(wrapped);
    assert.ok(validate(box), `${what}: ${JSON.stringify(value)} ${loose.errorsText(validate.errors)}`);
  };
  return {
    doc,
    check,
    text,
    json: (answer) => {
      if (!isJson(typeOf(answer)) || answer.body === '') return undefined;
      return JSON.parse(answer.body);
    },
    /** A request that the document calls good is good by the document. */
    request: (o, parameters, type, body) => {
      for (const p of o.parameters) {
        const value = parameters[p.in]?.[p.name];
        if (value === undefined) assert.ok(!p.required, `the parameter ${p.name} is required`);
        else if (p.schema) text(p.schema, String(value), `the parameter ${p.name}`);
      }
      for (const where of ['path', 'query'])
        for (const name of Object.keys(parameters[where]))
          assert.ok(o.parameters.some((p) => p.in === where && p.name === name), `${name} is no parameter of the ${where}`);
      if (body !== undefined && isJson(type)) check(o.body.content[type].schema, body, 'the request');
    },
  };
}

function judgeHeaders(doc, validator, response, answer) {
  for (const [name, ref] of Object.entries(response.headers ?? {})) {
    const header = resolve(doc, ref);
    const value = answer.headers[name.toLowerCase()];
    if (value === undefined) assert.ok(header['x-when'] !== undefined, `the header ${name} is declared and did not come`);
    else if (header.schema) validator.text(header.schema, value, `the header ${name}`);
  }
}

export function judge(validator, o, status, answer, { example, varies, some } = {}) {
  assert.equal(answer.status, status, `${o.title}: ${answer.status} ${answer.body.slice(0, 600)}`);
  const response = o.responses[String(status)] ?? o.responses.default;
  judgeHeaders(validator.doc, validator, response, answer);
  if (answer.body === '' && !response.content) return;
  const type = typeOf(answer);
  const media = response.content?.[type];
  assert.ok(media, `${status} answers ${type || 'no type'}, which the document does not declare`);
  if (isJson(type)) {
    validator.check(media.schema, answer.json, 'the answer');
    if (example !== undefined) assert.deepEqual(differences(example, answer.json, { varies, some }), []);
  } else if (isLines(type)) {
    for (const line of answer.body.split('\n').filter(Boolean)) validator.check(media.schema, JSON.parse(line), 'a line');
    if (example !== undefined) assert.deepEqual(textDifferences(example, answer.body), []);
  } else if (isText(type)) {
    if (example !== undefined) assert.deepEqual(textDifferences(example, answer.body), []);
  } else {
    assert.ok(answer.body.length > 0, 'the answer is empty');
  }
}
