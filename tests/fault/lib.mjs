// SPDX-License-Identifier: MIT
//
// What the fault tests and the benchmarks share: an installation of their own (they break it, or need settings of
// their own), requests to it, and files to send.
import assert from 'node:assert/strict';
import { execFile, execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, chmodSync, readFileSync, rmSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../..', import.meta.url));
const script = path.join(root, 'tests/fault/stack.sh');
const BOUNDARY = 'cm-fault-boundary-6f1c';

export const sleep = (ms) => new Promise((wake) => setTimeout(wake, ms));
export const sum = (list) => list.reduce((a, b) => a + b, 0);

export function median(list) {
  const s = [...list].sort((a, b) => a - b);
  return s.length % 2 ? s[(s.length - 1) / 2] : (s[s.length / 2 - 1] + s[s.length / 2]) / 2;
}

export function percentile(list, p) {
  const s = [...list].sort((a, b) => a - b);
  return s[Math.min(s.length - 1, Math.ceil((s.length * p) / 100) - 1)];
}

export async function until(what, check, ms = 15000, every = 50) {
  const end = Date.now() + ms;
  for (;;) {
    const value = await check();
    if (value) return value;
    if (Date.now() > end) assert.fail(`waited ${ms} ms for ${what}`);
    await sleep(every);
  }
}

const taken = (port) =>
  new Promise((resolve) => {
    const s = net.connect(port, '127.0.0.1', () => resolve(s.destroy() && true));
    s.on('error', () => resolve(false));
  });

async function freePort() {
  for (;;) {
    const port = 20000 + Math.floor(Math.random() * 12000); // below what the kernel gives to outgoing connections
    if (!(await taken(port))) return port;
  }
}

const running = new Set();
function takeDown(env, state) {
  try {
    execFileSync(script, ['down'], { env, stdio: 'ignore', timeout: 60000 });
  } finally {
    rmSync(state, { recursive: true, force: true });
  }
}
// Also when the runner's patience is over: what stack.sh started has left our process group.
for (const signal of ['SIGTERM', 'SIGINT']) {
  process.on(signal, () => {
    for (const s of running) takeDown(s.env, s.state);
    process.exit(1);
  });
}

/** An installation of its own. `settings` are keys of the program (CM_...). */
export class Stack {
  static async up(settings = {}) {
    const s = new Stack();
    s.state = mkdtempSync(path.join(process.env.CM_TEST_TMP ?? tmpdir(), 'cm-fault.'));
    chmodSync(s.state, 0o755); // PostgreSQL and nginx's workers are other users when this is root
    const port = await freePort();
    const ops = await freePort();
    // The caller's own settings (CM_...) are not for this installation.
    const clean = Object.fromEntries(Object.entries(process.env).filter(([k]) => !k.startsWith('CM_') || k === 'CM_RUN_USER'));
    s.env = { ...clean, CM_STATE: s.state, CM_HTTPS_PORT: String(port), CM_OPS_PORT: String(ops), ...settings };
    if (process.env.CM_TEST_BIN) s.env.CM_TEST_BIN = process.env.CM_TEST_BIN;
    s.site = new URL(`https://localhost:${port}`);
    s.ops = new URL(`http://127.0.0.1:${ops}`);
    running.add(s);
    try {
      await s.sh('up');
    } catch (e) {
      s.down();
      throw e;
    }
    s.ca = readFileSync(path.join(s.state, 'tls/ca.pem'));
    s.agent = new https.Agent({ keepAlive: true, maxSockets: 64 });
    const config = readFileSync(path.join(s.state, 'clientmetrics.env'), 'utf8');
    const line = /^CM_DATABASE_URL=(.*)$/m.exec(config)[1];
    s.runDir = /^CM_RUN_DIR=(.*)$/m.exec(config)[1];
    const secret = /^PG_SUPER_PASSWORD=(.*)$/m.exec(readFileSync(path.join(s.state, 'secrets.env'), 'utf8'))[1];
    s.superUrl = line.replace(/\/\/cm_app:[^@]*@/, `//postgres:${secret}@`);
    return s;
  }

  down() {
    if (!running.delete(this)) return;
    this.agent?.destroy();
    takeDown(this.env, this.state);
  }

  /** A command of stack.sh. */
  sh(...args) {
    return new Promise((resolve, reject) => {
      execFile(script, args, { env: this.env, timeout: 240000, maxBuffer: 1 << 24 }, (e, out, err) => {
        if (e) reject(new Error(`stack.sh ${args[0]}: ${e.message}\n${out}${err}`));
        else resolve(out);
      });
    });
  }

  /** Rows as arrays of text, as a superuser: what no role of the product may hide from the test. */
  sql(text) {
    return new Promise((resolve, reject) => {
      execFile('psql', ['-X', '-q', '-At', '-F', '\t', '-v', 'ON_ERROR_STOP=1', '-d', this.superUrl, '-c', text],
        { timeout: 120000, maxBuffer: 1 << 26 }, (e, out, err) => {
          if (e) reject(new Error(`${e.message}\n${err}`));
          else resolve(out.split('\n').filter(Boolean).map((l) => l.split('\t')));
        });
    });
  }
  async one(text) {
    const value = (await this.sql(text))[0][0];
    return /^-?\d+$/.test(value) ? Number(value) : value;
  }

  pid(name) {
    return Number(readFileSync(path.join(this.runDir, `${name}.pid`), 'utf8').trim().split(/\s/)[0]);
  }

  /** { status, headers, body, ms }. Rejects when the connection ends without an answer. */
  ask(target, options = {}) {
    const { body, headers = {}, method = 'GET', timeout = 30000, token, base = this.site, agent = this.agent } = options;
    const secure = base.protocol === 'https:';
    return new Promise((resolve, reject) => {
      const begun = performance.now();
      const rq = (secure ? https : http).request(
        { host: '127.0.0.1', port: base.port, servername: 'localhost', path: target, method, ca: this.ca, timeout,
          agent: secure ? agent : undefined,
          headers: { host: base.host, ...(token ? { authorization: `Bearer ${token}` } : {}), ...headers } },
        (rs) => {
          const parts = [];
          rs.on('data', (part) => parts.push(part));
          rs.on('error', reject);
          rs.on('end', () => resolve({ status: rs.statusCode, headers: rs.headers, body: Buffer.concat(parts).toString(),
            ms: performance.now() - begun }));
        },
      );
      rq.on('timeout', () => rq.destroy(new Error('no answer in time')));
      rq.on('error', reject);
      rq.end(body);
    });
  }

  /** The `data` of an answer that must be a success. */
  async data(target, options) {
    const a = await this.ask(target, options);
    assert.ok(a.status < 300, `${target}: ${a.status} ${a.body.slice(0, 300)}`);
    return JSON.parse(a.body).data;
  }

  async token(user = 'admin@demo.test') {
    const a = await this.ask('/realms/demo/protocol/openid-connect/token', {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams({ grant_type: 'password', client_id: 'cm-cli', username: user, password: 'demo' }).toString(),
    });
    assert.equal(a.status, 200, a.body);
    return JSON.parse(a.body).access_token;
  }

  /** Processes of one role, from the scoreboard. */
  async processes(role) {
    const d = await this.data('/api/status', { base: this.ops });
    return d.processes.filter((p) => p.role === role && p.state !== 'leaving');
  }

  /**
   * Sends a file as the browser does. `pieces` is an (async) iterable of Buffers with `total` bytes in all; it is asked
   * only as fast as the connection takes them. { request, answer }: the answer rejects when there is none.
   */
  send(token, pieces, total, { name = 'meetings.csv', timeout = 120000 } = {}) {
    const head = Buffer.from(
      `--${BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="${name}"\r\nContent-Type: text/csv\r\n\r\n`);
    const tail = Buffer.from(`\r\n--${BOUNDARY}--\r\n`);
    let request;
    const answer = new Promise((resolve, reject) => {
      request = https.request(
        { host: '127.0.0.1', port: this.site.port, servername: 'localhost', path: '/api/upload', method: 'POST', ca: this.ca,
          timeout, agent: false,
          headers: { host: this.site.host, authorization: `Bearer ${token}`,
            'content-type': `multipart/form-data; boundary=${BOUNDARY}`,
            'content-length': head.length + total + tail.length } },
        (rs) => {
          const parts = [];
          rs.on('data', (part) => parts.push(part));
          rs.on('error', reject);
          rs.on('end', () => resolve({ status: rs.statusCode, headers: rs.headers, body: Buffer.concat(parts).toString() }));
        },
      );
      request.on('timeout', () => request.destroy(new Error('no answer in time')));
      request.on('error', reject);
      (async () => {
        let go = () => {};
        request.on('drain', () => go());
        request.on('close', () => go());
        const put = (b) => new Promise((ok) => {
          if (request.destroyed || request.write(b)) ok();
          else go = ok;
        });
        await put(head);
        for await (const piece of pieces) {
          if (request.destroyed) return;
          await put(piece);
        }
        if (!request.destroyed) request.end(tail);
      })().catch((e) => request.destroy(e));
    });
    answer.catch(() => {}); // whoever does not wait for it has destroyed the request
    return { request, answer };
  }

  async upload(token, file, options) {
    const buffer = Buffer.from(file);
    const a = await this.send(token, [buffer], buffer.length, options).answer;
    assert.equal(a.status, 201, a.body.slice(0, 300));
    return JSON.parse(a.body).data;
  }
}

/** What a meeting read to the end leaves, in numbers; `tenant` is a slug. */
export async function countsOf(stack, tenant = 'demo') {
  const t = `(SELECT tenant_id FROM tenants WHERE slug = '${tenant}')`;
  const of = (what, from, also = '') => `(SELECT ${what} FROM ${from} WHERE tenant_id = ${t} ${also})`;
  const row = (await stack.sql(`SELECT ${[
    of('count(*)', 'meetings'), of('count(DISTINCT identity)', 'meetings'), of('count(*)', 'meeting_facts'),
    of('count(*)', 'meeting_facts', 'AND state = 1'), of('count(*)', 'llm_analyses'),
    of('count(DISTINCT subject_id)', 'llm_analyses'), of('count(*)', 'jobs'),
    of('count(*)', 'job_archive', "AND state = 'completed'"), of('count(*)', 'job_archive', "AND state = 'failed'"),
    of('count(*)', 'transcripts'), of('count(*)', 'subjects')].join(', ')}`))[0].map(Number);
  const names = ['meetings', 'identities', 'facts', 'read', 'analyses', 'analysed', 'jobs', 'completed', 'dead', 'transcripts',
    'subjects'];
  return Object.fromEntries(names.map((n, i) => [n, row[i]]));
}

export const sampleFile = path.join(root, 'samples/meetings.csv');

/** The records of a CSV text, quotes and all; enough for our own sample. */
export function readCsv(text) {
  const rows = [];
  let row = [], cell = '', quoted = false;
  for (let i = 0; i < text.length; i++) {
    const c = text[i];
    if (quoted) {
      if (c === '"' && text[i + 1] === '"') cell += text[++i];
      else if (c === '"') quoted = false;
      else cell += c;
    } else if (c === '"') quoted = true;
    else if (c === ',') row.push(cell), (cell = '');
    else if (c === '\n') row.push(cell), rows.push(row), (row = []), (cell = '');
    else if (c !== '\r') cell += c;
  }
  if (cell || row.length) row.push(cell), rows.push(row);
  return rows;
}

let transcripts;
const quote = (s) => `"${s.replaceAll('"', '""')}"`;
export const header = 'Nombre,Correo Electronico,Numero de Telefono,Fecha de la Reunion,Vendedor asignado,closed,Transcripcion\n';

/** One invented meeting, the same for the same tag and number; its transcript is the sample's, or of about `bytes`. */
export function meetingRow(tag, i, bytes = 0) {
  transcripts ??= readCsv(readFileSync(sampleFile, 'utf8')).slice(1).map((r) => r[6]);
  let text = transcripts[i % transcripts.length];
  if (bytes) {
    const turn = `${text}\n`;
    text = turn.repeat(Math.ceil(bytes / turn.length)).slice(0, bytes);
  }
  const day = new Date(Date.UTC(2024, 0, 1 + (i % 365))).toISOString().slice(0, 10);
  return `Persona ${tag} ${i},p${i}@${tag}.example.org,+569${String(10000000 + i)},${day},Vendedor ${i % 7},${i % 2},${quote(text)}\n`;
}

export function meetingsFile(tag, n, bytes = 0) {
  const rows = [header];
  for (let i = 0; i < n; i++) rows.push(meetingRow(tag, i, bytes));
  return rows.join('');
}

/** VmHWM and friends of a process, in bytes. */
export function memoryOf(pid) {
  const text = existsSync(`/proc/${pid}/status`) ? readFileSync(`/proc/${pid}/status`, 'utf8') : '';
  const kb = (name) => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(text)?.[1] ?? 0) * 1024;
  return { hwm: kb('VmHWM'), anonymous: kb('RssAnon') };
}
