// SPDX-License-Identifier: MIT
//
// The offline reader alone: transcripts a second on one core.
import path from 'node:path';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { median, root, sampleFile } from '../tests/fault/lib.mjs';
import { Group, run } from './lib.mjs';

const ROUNDS = 3;
const SECONDS = 1.5;

const group = new Group('rules', 'The offline reader', `
The sample's conversations (0.7 KB on average), read by the \`rules\` provider in one process without a database, ${ROUNDS} rounds, medians. The peer
is SHA-256 of the same texts: what looking at every byte once costs.`);

const dir = mkdtempSync(path.join(process.env.CM_TEST_TMP ?? tmpdir(), 'rules.'));
try {
  const program = path.join(dir, 'rules');
  const libraries = (await run('pkg-config', ['--cflags', '--libs', 'libpq', 'jansson', 'libjwt', 'libcurl', 'openssl'])).trim().split(/\s+/);
  await run('gcc', ['-std=c11', '-D_GNU_SOURCE', '-O2', '-I.', '-Ibuild/gen', '-o', program, 'bench/rules.c',
    'build/release/libclientmetrics.a', ...libraries, '-lfcgi', '-lm'], { cwd: root });
  const rates = [];
  for (let i = 0; i < ROUNDS; i++) rates.push((await run(program, [sampleFile, String(SECONDS)])).split(' ').map(Number));
  const of = (i) => median(rates.map((r) => r[i]));
  group.figure('rules_transcripts', of(0), 'transcripts/s', of(1), ['>=', 2000]);
  group.write();
} finally {
  rmSync(dir, { recursive: true, force: true });
}
