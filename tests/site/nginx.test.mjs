// SPDX-License-Identifier: MIT
//
// nginx as it is configured, from outside: what the browser gets, what strangers get, what is logged. The installation
// that tests/run.sh started is asked; a second nginx with limits on, or with nothing behind it, is started here where
// that is what is tested.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import http from 'node:http';
import http2 from 'node:http2';
import https from 'node:https';
import net from 'node:net';
import path from 'node:path';
import { after, test } from 'node:test';
import tls from 'node:tls';
import { fileURLToPath } from 'node:url';

const env = (name) => process.env[name] ?? assert.fail(`${name} is not set; run tests/run.sh site`);
const site = new URL(env('CM_TEST_URL'));
const ops = new URL(env('CM_TEST_OPS_URL'));
const state = env('CM_TEST_STATE');
const ca = readFileSync(env('CM_TEST_CA_FILE'));
const root = fileURLToPath(new URL('../..', import.meta.url));
const started = [];

after(() => {
  for (const child of started) child.kill('SIGTERM');
});

// One request over HTTP/1.1; { status, headers, body }. Rejects when the connection ends without an answer.
function ask(base, target, options = {}) {
  const { body, headers = {}, method = 'GET', timeout = 15000 } = options;
  const client = base.protocol === 'https:' ? https : http;
  return new Promise((resolve, reject) => {
    const rq = client.request(
      // `path` as it is: URL would tidy it.
      {
        host: '127.0.0.1',
        port: base.port,
        servername: 'localhost',
        path: target,
        method,
        ca,
        timeout,
        agent: false,
        headers: { host: base.host, ...headers },
      },
      (rs) => {
        const parts = [];
        rs.on('data', (part) => parts.push(part));
        rs.on('end', () =>
          resolve({ status: rs.statusCode, headers: rs.headers, body: Buffer.concat(parts).toString() }),
        );
      },
    );
    rq.on('timeout', () => rq.destroy(new Error('no answer in time')));
    rq.on('error', reject);
    if (options.hold)
      rq.write(body); // and never end
    else rq.end(body);
  });
}

function envelope(answer, status, code) {
  assert.equal(answer.status, status);
  assert.match(answer.headers['content-type'], /^application\/json/);
  const value = JSON.parse(answer.body);
  assert.equal(value.success, false);
  assert.equal(value.error.code, code);
  assert.equal(value.error.request_id, answer.headers['x-request-id']);
  assert.equal(answer.headers['x-content-type-options'], 'nosniff');
  return value;
}

async function until(what, check, ms = 10000) {
  const end = Date.now() + ms;
  for (;;) {
    if (await check()) return;
    if (Date.now() > end) assert.fail(`waited ${ms} ms for ${what}`);
    await new Promise((wake) => setTimeout(wake, 50));
  }
}

const open = (port) =>
  new Promise((resolve) => {
    const s = net.connect(port, '127.0.0.1', () => resolve(s.destroy() && true));
    s.on('error', () => resolve(false));
  });

// A second nginx from the same templates; resolves to its address.
async function second(name, values) {
  const dir = path.join(env('CM_TEST_TMP'), name);
  rmSync(dir, { recursive: true, force: true });
  mkdirSync(path.join(dir, 'tmp'), { recursive: true });
  let port;
  do port = 20000 + Math.floor(Math.random() * 12000);
  while ((await open(port)) || (await open(port + 1)));
  execFileSync(path.join(root, 'nginx/render.sh'), [
    'local',
    dir,
    `RUN_DIR=${env('CM_TEST_RUN_DIR')}`,
    `WEB_ROOT=${state}/app/web`,
    `TEMP=${dir}/tmp`,
    `ACCESS_LOG=${dir}/access.log`,
    `ERROR_LOG=${dir}/error.log`,
    `TLS_CERT=${state}/tls/server.pem`,
    `TLS_KEY=${state}/tls/server.key`,
    `HTTPS_PORT=${port}`,
    `OPS_PORT=${port + 1}`,
    'IPV6=off',
    `USER=${process.getuid() === 0 ? 'www-data' : '-'}`,
    ...values,
  ]);
  const nginx = ['/usr/sbin/nginx', '/usr/bin/nginx'].find((p) => {
    try {
      return readFileSync(p).length > 0;
    } catch {
      return false;
    }
  });
  const child = spawn(nginx, ['-e', `${dir}/error.log`, '-c', `${dir}/clientmetrics.conf`], {
    stdio: 'inherit',
  });
  started.push(child);
  await until('the second nginx', () => open(port));
  return new URL(`https://localhost:${port}`);
}

test('the page has a nonce of its own in the policy and in the text, and is never kept', async () => {
  const seen = new Set();
  for (let i = 0; i < 3; i++) {
    const a = await ask(site, '/', { headers: { 'if-modified-since': 'Fri, 01 Jan 2100 00:00:00 GMT' } });
    const nonce = a.headers['x-request-id'];
    assert.equal(a.status, 200);
    assert.equal(a.headers['cache-control'], 'no-store');
    const policy = a.headers['content-security-policy'];
    assert.ok(policy.includes(`'nonce-${nonce}'`));
    assert.doesNotMatch(policy, /unsafe-/);
    assert.match(policy, /default-src 'none'/);
    assert.match(policy, /frame-ancestors 'none'/);
    assert.ok(a.body.includes(`nonce="${nonce}"`));
    assert.ok(!a.body.includes('__CSP_NONCE__'));
    assert.equal(
      a.headers['strict-transport-security'],
      undefined,
      'HSTS on localhost would break other programs',
    );
    seen.add(nonce);
  }
  assert.equal(seen.size, 3);
});

test('any path is the page, with the query kept, and neither code nor token reaches a log', async () => {
  const code = `secret${Math.random().toString(36).slice(2)}`;
  const a = await ask(site, `/callback?code=${code}&state=1`, {
    headers: { authorization: `Bearer ${code}` },
  });
  assert.equal(a.status, 200);
  assert.match(a.body, /<script/);
  await ask(site, `/api/me?x=${code}`, {
    headers: { authorization: `Bearer ${code}`, referer: `https://x/?${code}` },
  });
  await ask(site, `/nothing/here?${code}`, { method: 'POST' });
  await ask(site, `/api/upload?${code}`, {
    method: 'POST',
    headers: { 'content-length': '9999999999999' },
  }).catch(() => {});
  const log = readFileSync(`${state}/log/access.log`, 'utf8');
  const line = log
    .trim()
    .split('\n')
    .map((l) => JSON.parse(l))
    .find((l) => l.request_id === a.headers['x-request-id']);
  assert.equal(line.uri, '/callback');
  assert.equal(line.network, '127.0.0.0/24');
  assert.ok(!log.includes(code), 'access log');
  assert.ok(!readFileSync(`${state}/log/serve.log`, 'utf8').includes(code), 'log of the program');
});

test('assets are kept for a year and come compressed; a missing one is missing', async () => {
  const page = (await ask(site, '/')).body;
  const asset = /(\/assets\/[^"]+\.js)"/.exec(page)[1];
  const a = await ask(site, asset, { headers: { 'accept-encoding': 'gzip' } });
  assert.equal(a.status, 200);
  assert.equal(a.headers['content-encoding'], 'gzip');
  assert.match(a.headers['cache-control'], /max-age=31536000, immutable/);
  envelope(await ask(site, '/assets/none-12345678.js'), 404, 'not_found');
  envelope(await ask(site, '/.git/config'), 404, 'not_found');
  const plain = await ask(site, asset);
  assert.equal(plain.headers['content-encoding'], undefined);
});

test('a body that is too large, an address or a header that is too long: the envelope', async () => {
  envelope(
    await ask(site, '/api/charts/data', {
      method: 'POST',
      body: Buffer.alloc(1100000),
      headers: { 'content-type': 'application/json' },
    }),
    413,
    'too_large',
  );
  envelope(
    await ask(site, '/api/upload', {
      method: 'POST',
      hold: true,
      body: 'x',
      headers: { 'content-length': '9999999999999' },
    }),
    413,
    'too_large',
  );
  envelope(await ask(site, `/api/${'a'.repeat(9000)}`), 414, 'too_large');
  envelope(await ask(site, '/api/me', { headers: { x: 'a'.repeat(9000) } }), 431, 'too_large');
  // All that nginx lets through together fits in what FastCGI can carry.
  const h = 'a'.repeat(7900);
  const a = await ask(site, `/api/client-config?${h}`, { headers: { x1: h, x2: h, x3: h } });
  assert.ok(a.status < 500, `${a.status}`);
});

test('a name that is not ours gets nothing, and http:// is led to https://', async () => {
  await assert.rejects(ask(site, '/', { headers: { host: 'evil.example' } }));
  await assert.rejects(ask(ops, '/metrics', { headers: { host: 'evil.example' } }));
  const plain = new URL(`http://localhost:${site.port}`);
  const a = await ask(plain, '/meetings?x=1');
  assert.equal(a.status, 308);
  assert.equal(a.headers.location, `https://localhost:${site.port}/meetings?x=1`);
});

test('TLS 1.1 is refused, HTTP/2 is offered', async () => {
  const talk = (options) =>
    new Promise((resolve, reject) => {
      const s = tls.connect(
        { host: '127.0.0.1', port: site.port, servername: 'localhost', ca, ...options },
        () => {
          resolve([s.getProtocol(), s.alpnProtocol]);
          s.destroy();
        },
      );
      s.on('error', reject);
    });
  await assert.rejects(talk({ minVersion: 'TLSv1', maxVersion: 'TLSv1.1' }));
  assert.deepEqual(await talk({ ALPNProtocols: ['h2', 'http/1.1'] }), ['TLSv1.3', 'h2']);
  assert.deepEqual(await talk({ maxVersion: 'TLSv1.2', ALPNProtocols: ['http/1.1'] }), [
    'TLSv1.2',
    'http/1.1',
  ]);
});

test('every format of an export goes to the pool of streams', async () => {
  for (const format of ['csv', 'ndjson', 'xlsx']) {
    // 401 of the stream pool; the web pool does not serve the path: 404 route_unknown
    envelope(await ask(site, `/api/meetings/export.${format}`), 401, 'unauthenticated');
  }
});

test('status and metrics answer the operator on the loopback listener, and nobody without a token outside', async () => {
  assert.equal((await ask(ops, '/metrics')).status, 200);
  assert.equal((await ask(ops, '/api/status')).status, 200);
  envelope(await ask(ops, '/api/meetings'), 404, 'not_found');
  for (const headers of [{}, { 'cm-listener': 'ops', cm_listener: 'ops', 'x-cm-listener': 'ops' }]) {
    assert.equal((await ask(site, '/api/status', { headers })).status, 401);
    assert.equal((await ask(site, '/metrics', { headers })).status, 401);
  }
});

test('an upload is answered before its body has come: nginx does not hold it back', async () => {
  const t0 = Date.now();
  const a = await ask(site, '/api/upload', {
    method: 'POST',
    hold: true,
    body: 'x'.repeat(1000),
    timeout: 9000,
    headers: { 'content-length': '100000', 'content-type': 'multipart/form-data; boundary=b' },
  });
  assert.equal(a.status, 401);
  assert.ok(Date.now() - t0 < 8000);
});

// The wrong pool does not know a route: it answers 404 before it asks who is there.
test('each kind of request reaches the pool that serves it', async () => {
  const id = '0190c3a1-0000-7000-8000-000000000001';
  for (const target of [`/api/uploads/${id}/errors.csv`, '/api/meetings/export.csv', `/api/uploads/${id}/errors`,
    '/api/upload/mappings', `/api/upload/mappings/${id}`, `/api/upload/mappings?headers=${encodeURIComponent('["A"]')}`]) {
    const a = await ask(site, target);
    envelope(a, 401, 'unauthenticated');
    assert.equal(a.headers['cache-control'], 'no-store', target);
    assert.match(a.headers['content-security-policy'], /default-src 'none'/);
  }
  envelope(await ask(site, `/api/uploads/${id}/errorsXcsv`), 404, 'route_unknown');
});

test('a signed-in request passes with its id in answer and log; the token command prints a token alone', async () => {
  const out = execFileSync(path.join(root, 'deploy/local/token.sh'), ['analyst@demo.test'], {
    env: { ...process.env, CM_STATE: state },
  }).toString();
  assert.match(out, /^[\w-]+\.[\w-]+\.[\w-]+\n$/);
  const a = await ask(site, '/api/me', { headers: { authorization: `Bearer ${out.trim()}` } });
  assert.equal(a.status, 200);
  assert.equal(JSON.parse(a.body).data.user.email, 'analyst@demo.test');
  assert.equal(a.headers['cache-control'], 'no-store');
  assert.match(a.headers['content-security-policy'], /default-src 'none'/);
  const id = a.headers['x-request-id'];
  await until('the log lines', () =>
    [`access.log`, `serve.log`].every((f) => readFileSync(`${state}/log/${f}`, 'utf8').includes(id)),
  );
});

test('an address that asks too often is told 429 in the envelope', async () => {
  const limited = await second('limited', []);
  const localhost = (_name, options, done) =>
    options?.all ? done(null, [{ address: '127.0.0.1', family: 4 }]) : done(null, '127.0.0.1', 4);
  const one = (session) =>
    new Promise((resolve, reject) => {
      const rq = session.request({ ':path': '/api/client-config' });
      let headers;
      let body = '';
      rq.on('response', (h) => (headers = h));
      rq.on('data', (d) => (body += d));
      rq.on('end', () => resolve({ status: headers[':status'], headers, body }));
      rq.on('error', reject);
      rq.end();
    });
  const answers = [];
  // 100 a second with 400 in reserve: 1,500 in a row cannot all pass. nginx ends a connection after 1,000.
  for (let i = 0; i < 3; i++) {
    const session = http2.connect(limited.href, { ca, lookup: localhost });
    for (let j = 0; j < 5; j++)
      answers.push(...(await Promise.all(Array.from({ length: 100 }, () => one(session)))));
    session.close();
  }
  const refused = answers.filter((a) => a.status === 429);
  assert.ok(answers.filter((a) => a.status === 200).length >= 400);
  assert.ok(refused.length > 0);
  assert.equal(answers.filter((a) => a.status !== 200 && a.status !== 429).length, 0);
  envelope(refused[0], 429, 'rate_limited');
  assert.equal(refused[0].headers['retry-after'], '2');
});

test('with the program away the answer is 502 in the envelope, and the page still comes', async () => {
  const alone = await second('alone', [`RUN_DIR=${env('CM_TEST_TMP')}/nobody`]);
  const a = await ask(alone, '/api/me');
  envelope(a, 502, 'unavailable');
  assert.equal(a.headers['retry-after'], '2');
  assert.equal((await ask(alone, '/')).status, 200);
});
