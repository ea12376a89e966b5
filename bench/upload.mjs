// SPDX-License-Identifier: MIT
//
// Rows a second of POST /api/upload, against `psql \copy` of the same file into one plain table of the same cluster.
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { meetingsFile, median, memoryOf, Stack } from '../tests/fault/lib.mjs';
import { Group, run } from './lib.mjs';

const ROWS = 200_000;
const ROW_BYTES = 1000;
const ROUNDS = 3;

const group = new Group('upload', 'Uploads', `
A CSV of ${ROWS.toLocaleString('en')} rows of 1 KB, sent by curl through nginx with TLS, ${ROUNDS} rounds in turn, medians. The clock is from the
first byte sent to the answer, which comes after the commit. The peer is \`psql \\copy\` of the same file into one table without
indexes, keys or policies, of the same cluster, as its owner: what moving the bytes alone costs. Each uploaded row is validated,
normalised, given its identity and content digests, compared with what is there, and becomes a subject, a transcript, a meeting, its
facts and (in jobs that each make a thousand of them) its reading, in one transaction, under row level security.
\`upload_again\` sends the same file a second time: all rows are duplicates. Memory is the largest a stream worker ever had.`);

const stack = await Stack.up();
try {
  process.kill(stack.pid('work'), 'SIGTERM'); // reading the rows is another group's figure
  const token = await stack.token();
  await stack.sql('CREATE TABLE bench_plain (a text, b text, c text, d date, e text, f integer, g text)');
  const file = path.join(stack.state, 'bench.csv');
  const copy = () => run('psql', ['-X', '-q', '-v', 'ON_ERROR_STOP=1', '-d', stack.superUrl, '-c',
    `\\copy bench_plain FROM '${file}' WITH (FORMAT csv, HEADER)`]);
  const upload = async () => JSON.parse(await run('curl', ['-sS', '--noproxy', '*', '--cacert', path.join(stack.state, 'tls/ca.pem'),
    '-H', `Authorization: Bearer ${token}`, '-F', `file=@${file};type=text/csv`, new URL('/api/upload', stack.site).href])).data;
  const timed = async (what) => {
    const begun = performance.now();
    const result = await what();
    const ms = performance.now() - begun;
    return { rate: (ROWS * 1000) / ms, result };
  };
  const rates = { copy: [], upload: [], again: [] };
  let bytes = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const text = meetingsFile(`bench${round}`, ROWS, ROW_BYTES);
    bytes = Buffer.byteLength(text);
    writeFileSync(file, text);
    await stack.sql('TRUNCATE bench_plain; CHECKPOINT');
    rates.copy.push((await timed(copy)).rate);
    await stack.sql('CHECKPOINT');
    const first = await timed(upload);
    await stack.sql('CHECKPOINT');
    const second = await timed(upload);
    if (first.result.created !== ROWS || second.result.duplicate !== ROWS) throw new Error('the counts are wrong');
    rates.upload.push(first.rate);
    rates.again.push(second.rate);
  }
  group.against('upload_rows', median(rates.upload), 'rows/s', median(rates.copy), '>=', 0.5);
  group.figure('upload_bytes', (median(rates.upload) * bytes) / ROWS / 1e6, 'MB/s', (median(rates.copy) * bytes) / ROWS / 1e6, ['>=', 0]);
  group.against('upload_again_rows', median(rates.again), 'rows/s', median(rates.copy), '>=', 0.2);
  const peak = Math.max(...(await stack.processes('stream')).map((p) => memoryOf(p.pid).hwm));
  group.figure('upload_worker_memory', peak / 2 ** 20, 'MB', null, ['<=', 128]);
  group.write();
} finally {
  stack.down();
}
