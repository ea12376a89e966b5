// SPDX-License-Identifier: MIT
// Writes the types of the API client from docs/openapi.yaml. The result is not kept in git: the document is the source.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import openapiTS, { astToString } from 'openapi-typescript';

const source = new URL('../../docs/openapi.yaml', import.meta.url);
const target = new URL('../src/shared/api/schema.gen.ts', import.meta.url);

const text = await openapiTS(source, { alphabetize: true }).then(astToString, (e) => {
  console.error(`docs/openapi.yaml: ${e.message}`); // the error object carries the whole document
  process.exit(1);
});

// Rewriting an unchanged file would make every incremental type check start anew.
let before = '';
try {
  before = readFileSync(target, 'utf8');
} catch {
  // first run
}
const after = `// Generated from docs/openapi.yaml by scripts/generate_api.mjs.\n${text}`;
if (after !== before) {
  mkdirSync(new URL('.', target), { recursive: true });
  writeFileSync(target, after);
}
