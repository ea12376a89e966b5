// SPDX-License-Identifier: MIT
//
// What the peers' worker processes share: they say `ready`, begin at `go`, end with the standard input, and report as
// queue_noop.c does.
import { createInterface } from 'node:readline';

export const options = JSON.parse(process.argv[2]);

const nowUs = () => process.hrtime.bigint() / 1000n;
let ran = 0;
let told = 0;
let first;

/** The handler of every job: notes that it began, and sleeps if it is to. */
export function noop(payload) {
  const now = nowUs();
  first ??= now;
  if (options.each) process.stdout.write(`job ${payload?.n ?? 0} ${now}\n`);
  if (!options.sleepMs) {
    ran++;
    return undefined;
  }
  return new Promise((done) => {
    setTimeout(() => done(ran++), options.sleepMs);
  });
}

if (!options.each) {
  setInterval(() => {
    if (ran !== told) process.stdout.write(`ran ${(told = ran)} ${first}\n`);
  }, 5);
}

const lines = createInterface({ input: process.stdin });
/** Resolves at `go`. */
export function go() {
  process.stdout.write('ready\n');
  return new Promise((begin) => {
    lines.once('line', begin);
  });
}

/** Calls `stop` when the measurement is over (or whoever measures is gone), and ends. */
export function atEnd(stop) {
  const end = () => Promise.race([stop(), new Promise((late) => setTimeout(late, 3000))]).finally(() => process.exit(0));
  if (process.stdin.readableEnded) end();
  else process.stdin.once('end', end);
}
