// SPDX-License-Identifier: MIT
// Validates docs/openapi.yaml: OpenAPI 3.1 structure, references, examples against their schemas, the two extensions
// that the route table is compared with, and the product's own rules (tests/site/api).
import { fileURLToPath } from 'node:url';
import { bundle, createConfig, lint } from '@redocly/openapi-core';
import { problems as ownProblems, readDocument } from '../../tests/site/api/document.mjs';
import { plan } from '../../tests/site/api/plan.mjs';

const SCOPES = ['public', 'data:read', 'data:write', 'admin', 'operator'];
const POOLS = ['web', 'stream'];
const METHODS = ['get', 'put', 'post', 'delete', 'patch', 'head', 'options', 'trace'];

const ref = fileURLToPath(new URL('../../docs/openapi.yaml', import.meta.url));
const config = await createConfig({
  extends: ['spec'],
  rules: {
    'no-unresolved-refs': 'error',
    'no-unused-components': 'error',
    'no-ambiguous-paths': 'off', // export.csv beside {id}: the route table prefers the fixed segment
    'no-invalid-media-type-examples': { severity: 'error', allowAdditionalProperties: true },
    'operation-operationId': 'error',
    'operation-operationId-unique': 'error',
    'operation-summary': 'error',
    'operation-tag-defined': 'error',
    'path-parameters-defined': 'error',
    'security-defined': 'error',
  },
});

const problems = (await lint({ ref, config })).map((p) => {
  const at = p.location[0];
  return `${at?.pointer ?? at?.start?.line ?? ''}: ${p.message} (${p.ruleId})`;
});

const { bundle: document } = await bundle({ ref, config });
for (const [path, item] of Object.entries(document.parsed.paths)) {
  for (const method of METHODS.filter((m) => m in item)) {
    const op = item[method];
    if (!SCOPES.includes(op['x-scope'])) problems.push(`${method} ${path}: x-scope is not one of ${SCOPES}`);
    if (!POOLS.includes(op['x-pool'])) problems.push(`${method} ${path}: x-pool is not one of ${POOLS}`);
    const open = Array.isArray(op.security) && op.security.length === 0;
    if (open !== (op['x-scope'] === 'public')) {
      problems.push(`${method} ${path}: security and x-scope disagree`);
    }
  }
}

const own = readDocument(ref);
problems.push(...ownProblems(own), ...plan(own).problems);

for (const p of problems) console.error(p);
if (problems.length > 0) process.exit(1);
console.log('docs/openapi.yaml is valid');
