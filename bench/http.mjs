// SPDX-License-Identifier: MIT
//
// Requests through nginx with TLS, against a file of 1 KB that the same nginx answers by itself.
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { median, meetingsFile, Stack, until } from '../tests/fault/lib.mjs';
import { Group, run } from './lib.mjs';

const CONNECTIONS = 16;
const SECONDS = 3;
const ROUNDS = 3;

const group = new Group('http', 'Requests', `
\`wrk\` with ${CONNECTIONS} kept connections over TLS, ${ROUNDS} rounds of ${SECONDS} s each, one after the other in turn, medians; wrk, nginx, the
program and PostgreSQL share the machine's cores. The peer is a static file of 1 KB from the same nginx with the same
certificate and the same access log. \`healthz\` is the cost of FastCGI alone. \`me\` and \`one_row\` carry a token that is verified,
a membership check and a statement in a transaction of their tenant, under row level security. \`one_row\` is \`GET
/api/meetings?limit=1\` of 500, with its total.`);

const stack = await Stack.up();
try {
  writeFileSync(path.join(stack.state, 'app/web/bench.txt'), 'x'.repeat(1024));
  const token = await stack.token();
  await stack.upload(token, meetingsFile('bench', 500));
  await until('the jobs', async () => {
    const s = (await stack.data('/api/process-jobs', { token })).stats;
    return s.pending + s.processing === 0;
  }, 60000, 200);

  const targets = { static: '/bench.txt', healthz: '/healthz', me: '/api/me', one_row: '/api/meetings?limit=1' };
  const seen = Object.fromEntries(Object.keys(targets).map((k) => [k, []]));
  const ms = (text) => Number.parseFloat(text) * { us: 0.001, ms: 1, s: 1000 }[/[a-z]+/.exec(text)[0]];
  for (let round = 0; round < ROUNDS; round++) {
    for (const [name, target] of Object.entries(targets)) {
      const out = await run('wrk', ['-t1', `-c${CONNECTIONS}`, `-d${SECONDS}s`, '--latency', '--timeout', '10s',
        '-H', `Authorization: Bearer ${token}`, `${stack.site.origin}${target}`]);
      if (/Non-2xx|Socket errors/.test(out)) throw new Error(`${name}:\n${out}`);
      seen[name].push({ rate: Number(/Requests\/sec:\s+([\d.]+)/.exec(out)[1]),
        p50: ms(/^ +50%\s+(\S+)/m.exec(out)[1]), p99: ms(/^ +99%\s+(\S+)/m.exec(out)[1]) });
    }
  }
  const of = (name, what) => median(seen[name].map((r) => r[what]));
  // What was measured for a bare C FastCGI hello was 0.26 to 0.29 of static.
  const goals = { healthz: 0.15, me: 0.05, one_row: 0.04 };
  for (const [name, ratio] of Object.entries(goals)) {
    group.against(`http_${name}`, of(name, 'rate'), 'requests/s', of('static', 'rate'), '>=', ratio);
    group.figure(`http_${name}_p50`, of(name, 'p50'), 'ms', of('static', 'p50'), ['<=', 20]);
    group.figure(`http_${name}_p99`, of(name, 'p99'), 'ms', of('static', 'p99'), ['<=', 100]);
  }
  group.write();
} finally {
  stack.down();
}
