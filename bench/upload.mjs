// SPDX-License-Identifier: MIT
//
// Rows a second of POST /api/upload, against `psql \copy` of the same file into one plain table of the same cluster.
import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { meetingsFile, median, Stack } from '../tests/fault/lib.mjs';
import { Group } from './lib.mjs';

const ROWS = 20_000;
const ROW_BYTES = 1000;
const ROUNDS = 3;

const group = new Group('upload', 'Uploads', `
A CSV of ${ROWS.toLocaleString('en')} rows of 1 KB, sent through nginx with TLS, ${ROUNDS} rounds in turn, medians. The peer is \`psql \\copy\` of the same file
into one table without indexes, keys or policies, of the same cluster, as its owner: what moving the bytes alone costs. Each uploaded
row is validated, normalised, given its identity and content digests, compared with what is there, and becomes a subject, a
transcript, a meeting, its facts and a job, in five tables with thirteen indexes under row level security, in one transaction.
\`upload_again\` sends the same file a second time: all rows are duplicates.`);

const stack = await Stack.up();
try {
  process.kill(stack.pid('work'), 'SIGTERM'); // reading the rows is another group's figure
  const token = await stack.token();
  await stack.sql('CREATE TABLE bench_plain (a text, b text, c text, d date, e text, f integer, g text)');
  const copy = (file) => new Promise((resolve, reject) => {
    execFile('psql', ['-X', '-q', '-v', 'ON_ERROR_STOP=1', '-d', stack.superUrl, '-c',
      `\\copy bench_plain FROM '${file}' WITH (FORMAT csv, HEADER)`], { timeout: 120000 },
    (e, out, err) => (e ? reject(new Error(err)) : resolve()));
  });
  const timed = async (what) => {
    const begun = performance.now();
    const result = await what();
    return { rate: (ROWS * 1000) / (performance.now() - begun), result };
  };
  const rates = { copy: [], upload: [], again: [] };
  for (let round = 0; round < ROUNDS; round++) {
    const text = meetingsFile(`bench${round}`, ROWS, ROW_BYTES);
    const file = path.join(stack.state, 'bench.csv');
    writeFileSync(file, text);
    const body = Buffer.from(text);
    await stack.sql('TRUNCATE bench_plain; CHECKPOINT');
    rates.copy.push((await timed(() => copy(file))).rate);
    await stack.sql('CHECKPOINT');
    const first = await timed(() => stack.upload(token, body));
    const second = await timed(() => stack.upload(token, body));
    if (first.result.created !== ROWS || second.result.duplicate !== ROWS) throw new Error('the counts are wrong');
    rates.upload.push(first.rate);
    rates.again.push(second.rate);
  }
  // Five tables, thirteen indexes and two passes over the words cannot be as fast as one table with none.
  group.against('upload_rows', median(rates.upload), 'rows/s', median(rates.copy), '>=', 0.1);
  group.against('upload_again_rows', median(rates.again), 'rows/s', median(rates.copy), '>=', 0.2);
  group.write();
} finally {
  stack.down();
}
