// SPDX-License-Identifier: MIT
//
// Three queues in one cluster with the same settings: ours, graphile-worker's and pg-boss's, each in a database of its
// own, each with `fill`, `start`, `go`, `left` and the rest, so that one measurement serves all of them.
import { execFile, spawn } from 'node:child_process';
import { openSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { PgBoss } from 'pg-boss';
import { runMigrations } from 'graphile-worker';
import pg from 'pg';
import { root, sleep, Stack, sum, until } from '../../tests/fault/lib.mjs';
import { run } from '../lib.mjs';

const here = path.dirname(fileURLToPath(import.meta.url));

/** The worker processes of one measurement: what they ran, and when. */
class Workers {
  constructor() {
    Object.assign(this, { children: [], counts: [], firsts: [], started: new Map(), ready: 0, failed: null });
  }

  spawn(program, args, options) {
    const i = this.children.length;
    const child = spawn(program, args, { stdio: ['pipe', 'pipe', options.errors], env: options.env ?? process.env });
    this.children.push(child);
    this.counts.push(0);
    child.stdin.on('error', () => {});
    child.on('exit', (code) => (child.gone = code ?? 1));
    let rest = '';
    child.stdout.setEncoding('utf8').on('data', (text) => {
      const lines = (rest + text).split('\n');
      rest = lines.pop();
      for (const line of lines) this.said(i, line);
    });
  }

  said(i, line) {
    const [what, a, b] = line.split(' ');
    if (what === 'ready') this.ready++;
    else if (what === 'ran') [this.counts[i], this.firsts[i]] = [Number(a), Number(b)];
    else if (what === 'job' && !this.started.has(Number(a))) this.started.set(Number(a), Number(b));
  }

  /** Jobs that ran so far. */
  get ran() {
    const gone = this.children.find((c) => c.gone !== undefined && !this.stopping);
    if (gone) throw new Error(`a worker ended with ${gone.gone}`);
    return sum(this.counts);
  }

  /** When the first job began, in microseconds of the monotonic clock. */
  get firstUs() {
    return Math.min(...this.firsts.filter((x) => x));
  }

  say(line) {
    for (const c of this.children) c.stdin.write(line);
  }

  async stop() {
    this.stopping = true;
    for (const c of this.children) {
      c.stdin.end();
      if (c.spawnargs[0].endsWith('queue_noop')) c.kill('SIGTERM');
    }
    await until('the workers to leave', () => this.children.every((c) => c.gone !== undefined), 15000, 10);
  }
}

export const nowUs = () => Number(process.hrtime.bigint() / 1000n);

class Queue {
  async connect(url) {
    this.url = url;
    this.client = new pg.Client({ connectionString: url });
    this.client.on('error', () => {}); // the cluster is taken down at the end
    await this.client.connect();
  }

  async sql(text, values) {
    return (await this.client.query(text, values)).rows;
  }

  async one(text) {
    return Object.values((await this.sql(text))[0])[0];
  }

  /** Peers: `processes` of Node with `connections` each. */
  async spawnNode(script, { processes, each, sleepMs, ...settings }) {
    const workers = new Workers();
    const options = { url: this.url, each, sleepMs, ...settings };
    for (let i = 0; i < processes; i++) {
      workers.spawn(process.execPath, [path.join(here, script), JSON.stringify(options)], { errors: this.errors });
    }
    await until('the workers', () => workers.ready === processes, 20000, 10);
    return workers;
  }

  async go(workers) {
    workers.say('go\n');
  }

  /** Runs a measurement's statements on the same footing: no dead rows, statistics, no checkpoint due. */
  async settle(tables) {
    await this.sql(`VACUUM (ANALYZE) ${tables}`);
    await this.sql('CHECKPOINT');
  }

  /** One job at a time, `count` of them: Map of number to the instant its commit returned. */
  async poke(count, leastMs, mostMs) {
    const out = await new Promise((resolve, reject) => {
      const child = execFile(this.stack.poke, [this.url, count, leastMs, mostMs].map(String), { timeout: 120000 },
        (e, text, err) => (e ? reject(new Error(`${e.message}\n${err}`)) : resolve(text)));
      child.stdin.end(this.pokeSql);
    });
    return new Map([...out.matchAll(/^poke (\d+) (\d+)$/gm)].map((m) => [Number(m[1]), Number(m[2])]));
  }
}

const UUID7 = `(lpad(to_hex((extract(epoch FROM clock_timestamp()) * 1000)::bigint), 12, '0') || '7' || lpad(to_hex(i % 4096), 3, '0')
  || '8' || substr(replace(gen_random_uuid()::text, '-', ''), 1, 15))::uuid`;

class Ours extends Queue {
  name = 'clientmetrics';

  async prepare(stack) {
    Object.assign(this, { stack, errors: openSync(path.join(stack.state, 'bench.log'), 'a') });
    await this.connect(stack.superUrl);
    await this.sql(`INSERT INTO tenants (tenant_id, slug, name)
      SELECT gen_random_uuid(), 'bench-' || i, 'Bench ' || i FROM generate_series(0, 19) i`);
    await this.sql("INSERT INTO tenant_settings (tenant_id) SELECT tenant_id FROM tenants WHERE slug LIKE 'bench-%'");
    await this.sql("INSERT INTO tenant_state (tenant_id) SELECT tenant_id FROM tenants WHERE slug LIKE 'bench-%'");
    this.tenants = (await this.sql("SELECT tenant_id FROM tenants WHERE slug LIKE 'bench-%' ORDER BY slug")).map((r) => r.tenant_id);
    this.pokeSql = `WITH j AS (INSERT INTO jobs (tenant_id, job_id, kind, payload)
        SELECT '${this.tenants[0]}', ${UUID7}, 'bench.noop', jsonb_build_object('n', i) FROM (SELECT $1::integer AS i) x RETURNING job_id)
      SELECT pg_notify('cm_jobs', '') FROM j`;
  }

  /** No worker gets at them before `go`: the tenants are suspended. */
  async clear() {
    await this.sql('TRUNCATE jobs, job_archive');
    await this.sql("UPDATE tenants SET state = 'suspended' WHERE slug LIKE 'bench-%'");
  }

  /** `n` jobs, numbered from `from`, of the first `tenants` tenants in turn, or of tenant `tenant`. */
  async fill(n, { tenants = 1, tenant, from = 1 } = {}) {
    const ids = tenant === undefined ? this.tenants.slice(0, tenants) : [this.tenants[tenant]];
    await this.sql(`INSERT INTO jobs (tenant_id, job_id, kind, payload)
      SELECT ($1::uuid[])[1 + i % ${ids.length}], ${UUID7}, 'bench.noop', jsonb_build_object('n', i)
        FROM generate_series($2::integer, $3::integer) i`, [ids, from, from + n - 1]);
  }

  settle() {
    return super.settle('jobs, job_archive, tenants, tenant_state');
  }

  async start({ batch, workers, each = false, sleepMs = 0 }) {
    const w = new Workers();
    w.spawn(this.stack.noop, [String(sleepMs), each ? 'each' : 'total'], {
      errors: this.errors,
      env: { PATH: process.env.PATH, CM_CONFIG_FILE: path.join(this.stack.state, 'clientmetrics.env'),
        CM_JOB_WORKERS: String(workers), CM_JOB_BATCH: String(batch) },
    });
    await until('the workers', async () => {
      void w.ran; // throws when they ended
      return Number(await this.one("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'clientmetrics job'")) === workers;
    }, 20000, 20);
    return w;
  }

  async go() {
    await this.sql("UPDATE tenants SET state = 'active' WHERE slug LIKE 'bench-%'");
    await this.wake();
  }

  wake() {
    return this.sql("SELECT pg_notify('cm_jobs', '')");
  }

  async left() {
    return (await this.one('SELECT EXISTS (SELECT FROM jobs)')) ? 1 : 0;
  }

  async finished() {
    return Number(await this.one("SELECT count(*) FROM job_archive WHERE state = 'completed'"));
  }
}

class GraphileWorker extends Queue {
  name = 'graphile-worker';

  async prepare(stack) {
    Object.assign(this, { stack, errors: openSync(path.join(stack.state, 'bench.log'), 'a') });
    await this.connect(await stack.database('bench_graphile'));
    await runMigrations({ connectionString: this.url });
    this.pokeSql = "SELECT id FROM graphile_worker.add_job('noop', json_build_object('n', $1::integer))";
  }

  clear() {
    return this.sql('TRUNCATE graphile_worker._private_jobs');
  }

  fill(n, { from = 1 } = {}) {
    return this.sql(`SELECT count(*) FROM graphile_worker.add_jobs(array(
        SELECT json_populate_record(NULL::graphile_worker.job_spec, json_build_object('identifier', 'noop', 'payload', json_build_object('n', i)))
          FROM generate_series($1::integer, $2::integer) i))`, [from, from + n - 1]);
  }

  settle() {
    return super.settle('graphile_worker._private_jobs');
  }

  /** `workers` jobs at a time: without batches on two processes, as many as there are cores. */
  start({ batch, workers, each, sleepMs }) {
    const processes = batch > 1 ? workers : 2;
    const settings = batch > 1 ? { concurrent: Math.min(batch, 24), connections: 3 }
      : { concurrent: workers / processes, connections: workers / processes };
    return this.spawnNode('graphile_worker.mjs', { processes, batch, each, sleepMs, ...settings });
  }

  wake() {} // add_jobs does

  async left() {
    return (await this.one('SELECT EXISTS (SELECT FROM graphile_worker._private_jobs)')) ? 1 : 0;
  }

  finished() {
    return null; // it deletes them
  }
}

class PgBossQueue extends Queue {
  name = 'pg-boss';

  async prepare(stack) {
    Object.assign(this, { stack, errors: openSync(path.join(stack.state, 'bench.log'), 'a') });
    await this.connect(await stack.database('bench_pgboss'));
    const boss = new PgBoss({ connectionString: this.url, max: 2, supervise: false, schedule: false });
    await boss.start();
    await boss.createQueue('noop', { partition: true, notify: true });
    await boss.stop({ graceful: false });
    this.table = await this.one("SELECT 'pgboss.' || table_name FROM pgboss.queue WHERE name = 'noop'");
    const columns = `name, data, policy, retry_limit, expire_seconds, deletion_seconds`;
    this.insert = `INSERT INTO pgboss.job (${columns})
      SELECT q.name, jsonb_build_object('n', i), q.policy, q.retry_limit, q.expire_seconds, q.deletion_seconds FROM pgboss.queue q, `;
    this.pokeSql = `WITH j AS (${this.insert} (SELECT $1::integer AS i) x WHERE q.name = 'noop' RETURNING id)
      SELECT pg_notify('pgboss_' || left(encode(sha224('pgboss'::bytea), 'hex'), 24), 'noop') FROM j`;
  }

  clear() {
    return this.sql(`TRUNCATE ${this.table}`);
  }

  fill(n, { from = 1 } = {}) {
    return this.sql(`${this.insert} generate_series($1::integer, $2::integer) i WHERE q.name = 'noop'`, [from, from + n - 1]);
  }

  settle() {
    return super.settle(this.table);
  }

  start({ batch, workers, each, sleepMs, notify = false }) {
    const processes = batch > 1 ? workers : 2;
    return this.spawnNode('pg_boss.mjs', { processes, batch, each, sleepMs, notify, concurrent: workers / processes, connections: workers / processes });
  }

  wake() {}

  async left() {
    return (await this.one(`SELECT EXISTS (SELECT FROM ${this.table} WHERE state < 'completed')`)) ? 1 : 0;
  }

  async finished() {
    return Number(await this.one(`SELECT count(*) FROM ${this.table} WHERE state = 'completed'`));
  }
}

async function build(stack) {
  const libraries = (await run('pkg-config', ['--cflags', '--libs', 'libpq', 'jansson', 'libjwt', 'libcurl', 'openssl'])).trim().split(/\s+/);
  for (const name of ['noop', 'poke']) {
    stack[name] = path.join(stack.state, `queue_${name}`);
    await run('gcc', ['-std=c11', '-D_GNU_SOURCE', '-O2', '-I.', '-Ibuild/gen', '-o', stack[name], `bench/queue_${name}.c`,
      'build/release/libclientmetrics.a', ...libraries, '-lfcgi', '-lm'], { cwd: root });
  }
}

/** An installation whose own workers are gone, with the three queues in it: { stack, queues: [ours, graphile, pgboss] }. */
export async function queuesUp() {
  const stack = await Stack.up();
  try {
    await build(stack);
    process.kill(stack.pid('work'), 'SIGTERM'); // its workers would listen too
    for (const [name, want] of [['fsync', 'on'], ['synchronous_commit', 'on'], ['full_page_writes', 'on']]) {
      if ((await stack.one(`SHOW ${name}`)) !== want) throw new Error(`${name} is off: the figures would not be of durable jobs`);
    }
    stack.database = async (name) => {
      await stack.sql(`CREATE DATABASE ${name}`);
      return stack.superUrl.replace('/clientmetrics?', `/${name}?`);
    };
    const queues = [new Ours(), new GraphileWorker(), new PgBossQueue()];
    for (const q of queues) await q.prepare(stack);
    return { stack, queues };
  } catch (e) {
    stack.down();
    throw e;
  }
}

/** Jobs a second: from the first job's start until the database says that none is left. */
export async function drain(queue, jobs, settings) {
  await queue.clear();
  await queue.fill(jobs, settings);
  await queue.settle();
  const workers = await queue.start(settings);
  try {
    await queue.go(workers);
    await until(`${queue.name} to run ${jobs} jobs`, () => workers.ran >= jobs, 120000, 2);
    await until(`${queue.name} to be empty`, async () => (await queue.left()) === 0, 30000, 1);
    const us = nowUs() - workers.firstUs;
    const finished = await queue.finished();
    if (finished !== null && finished !== jobs) throw new Error(`${queue.name}: ${finished} of ${jobs} jobs are finished`);
    return (jobs * 1e6) / us;
  } finally {
    await workers.stop();
  }
}

export { sleep };
