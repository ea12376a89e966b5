// SPDX-License-Identifier: MIT
//
// openai_double.mjs: a stand-in for the OpenAI API, for C tests, fault tests and benches. Node 22 (20 will do), nothing
// beyond it but the openssl command (for the certificates of --tls).
//
//   node tests/lib/openai_double.mjs [--tls] [--key KEY] [--latency MS] [--streams N] [--dir DIR]
//
// When it is ready it prints one line of JSON and listens on loopback until it is ended (TERM), or its standard input
// ends: {"http": PORT, "https": PORT, "wrong_https": PORT, "ca": FILE}. The last three only with --tls: HTTP/1.1 and
// HTTP/2 for localhost and 127.0.0.1; `wrong_https` has a certificate of another name. DIR keeps the certificates from
// one start to the next.
//
// What it answers
//   POST .../chat/completions      a chat answer. With response_format json_schema its text is the smallest instance of
//                                  that schema, else "ok".
//   POST .../embeddings            unit vectors that depend on the texts only, `dimensions` long (1536), as floats or base64
//   POST .../openai/deployments/NAME/...   the same in Azure's way (header api-key)
// --streams is how many calls one HTTP/2 connection takes at once. With --key, a wrong or missing key is answered 401, with the key in the message as OpenAI does.
//
// Faults: what a call answers is decided by the next step of the script, else by its model (Azure: its deployment) when
// that is "fault:NAME" or "fault:NAME:ARGUMENT". Names are the keys of `faults` below:
//   ok  latency:MS  429[:RETRY_AFTER]  429_reset:DURATION  quota  401  403  404  404_html  context  filtered_input
//   filtered  400  500  502  503[:RETRY_AFTER]  timeout  stall  drip:MS  reset  reset_body  cut_json  malformed  not_json
//   wrong_schema  wrong_enum  no_choices  no_content  refusal  length  huge[:BYTES]  no_usage  redirect
//   for embeddings also: short  reordered  wrong_dimension  not_finite
//
// Control, on every port, not counted:
//   POST /__script  {"steps": [{"fault": "429", "argument": "2", "times": 3, "text": "...", "match": "..."}]}   appended.
//                   `text` is the text of the chat answer; a step with `match` is taken only by a call whose body holds
//                   it; times -1 is for ever.
//   GET  /__calls   {"calls": N, "paid": N, "tokens": N, "http2": N, "handshakes": N, "peak": N, "open": N, "requests":
//                   [{path, model, headers, body, http, fault, paid}]}   the last 1,000; ?requests=0 leaves them out;
//                   peak: most calls open at once; handshakes: TLS connections made
//   POST /__reset   forgets calls and script
// A paid call is one whose answer it began to send with 200.

import { createHash } from 'node:crypto';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import http2 from 'node:http2';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const KEEP_REQUESTS = 1000;
const BODY_BYTES = 32 << 20;

const options = { tls: false, key: '', latency: 0, streams: 1000, dir: '' };
for (let i = 2; i < process.argv.length; i++) {
    const name = process.argv[i].replace(/^--/, '');
    if (name === 'tls') options.tls = true;
    else if (name in options) options[name] = process.argv[++i];
    else throw new Error(`no such option: ${process.argv[i]}`);
}

let steps = [];
let seen = {};
function forget() {
    steps = [];
    seen = { calls: 0, paid: 0, tokens: 0, http2: 0, handshakes: 0, peak: 0, open: seen.open ?? 0, requests: [] };
}
forget();

// ---- what an answer says ----

const tokens = (text) => Math.ceil(Buffer.byteLength(text) / 4);

// The smallest instance of a JSON schema, as far as strict schemas go.
function instance(schema, root = schema, wrong = '') {
    if (schema.$ref) return instance(schema.$ref.split('/').slice(1).reduce((at, k) => at[k], root), root, wrong);
    if (schema.anyOf) return instance(schema.anyOf[0], root, wrong);
    if ('const' in schema) return schema.const;
    if (schema.enum) return wrong === 'enum' ? 'no_such_word' : schema.enum[0];
    const type = Array.isArray(schema.type) ? schema.type[0] : schema.type;
    switch (type) {
    case 'object': {
        const out = {};
        for (const [k, v] of Object.entries(schema.properties ?? {})) out[k] = instance(v, root, wrong);
        return out;
    }
    case 'array': return Array.from({ length: schema.minItems ?? 0 }, () => instance(schema.items ?? {}, root, wrong));
    case 'string': return 'x'.repeat(schema.minLength ?? 0);
    case 'integer': case 'number': return schema.minimum ?? 0;
    case 'boolean': return false;
    default: return null;
    }
}

function chatText(call) {
    const schema = call.body.response_format?.json_schema?.schema;
    if (call.step?.text !== undefined) return call.step.text;
    return schema ? JSON.stringify(instance(schema, schema, call.wrong)) : 'ok';
}

function usage(call, out) {
    const prompt = tokens(JSON.stringify(call.body.messages ?? call.body.input ?? ''));
    seen.tokens += prompt + out;
    return { prompt_tokens: prompt, completion_tokens: out, total_tokens: prompt + out,
        prompt_tokens_details: { cached_tokens: Math.floor(prompt / 4) } };
}

function chat(call, change = {}) {
    const text = change.text ?? chatText(call);
    const answer = {
        id: `chatcmpl-${call.id}`, object: 'chat.completion', created: 1700000000, model: `${call.model}-2025-01-01`,
        choices: [{ index: 0, finish_reason: change.finish ?? 'stop',
            message: { role: 'assistant', content: change.refusal ? null : text, refusal: change.refusal ?? null } }],
        usage: usage(call, tokens(text)),
    };
    return answer;
}

// A unit vector from a text: the same for the same text, anywhere.
function vector(text, dimensions) {
    const out = new Float32Array(dimensions);
    let sum = 0;
    for (let i = 0, block = null; i < dimensions; i++) {
        if (i % 8 === 0) block = createHash('sha256').update(`${i}:${text}`).digest();
        out[i] = block.readInt32LE((i % 8) * 4) / 2 ** 31;
        sum += out[i] * out[i];
    }
    for (let i = 0; i < dimensions; i++) out[i] /= Math.sqrt(sum);
    return out;
}

function embeddings(call, change = {}) {
    const inputs = [].concat(call.body.input);
    const dimensions = (call.body.dimensions ?? 1536) + (change.more ?? 0);
    const data = inputs.map((text, index) => {
        const v = vector(text, dimensions);
        if (change.bad) v[0] = NaN;
        const embedding = call.body.encoding_format === 'base64' ? Buffer.from(v.buffer).toString('base64') : Array.from(v);
        return { object: 'embedding', index, embedding };
    });
    return { object: 'list', data, model: call.model, usage: { ...usage(call, 0), completion_tokens: undefined } };
}

const answerOf = (call, change) => (call.kind === 'chat' ? chat(call, change) : embeddings(call, change));

// ---- how it is sent ----

function head(call, status, headers) {
    if (status === 200 && !call.paid) {
        call.paid = true;
        seen.paid++;
    }
    call.rs.writeHead(status, { 'content-type': 'application/json', 'x-request-id': `req_${call.id}`, ...headers });
}

function send(call, status, body, headers = {}) {
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    head(call, status, { 'content-length': Buffer.byteLength(text), ...headers });
    call.rs.end(text);
}

const refuse = (call, status, code, type, message, headers) =>
    send(call, status, { error: { message, type, param: null, code } }, headers);

const limits = { 'x-ratelimit-limit-requests': '60', 'x-ratelimit-remaining-requests': '0', 'x-ratelimit-limit-tokens': '150000',
    'x-ratelimit-remaining-tokens': '149984', 'x-ratelimit-reset-tokens': '20ms' };

function rateLimited(call, headers) {
    refuse(call, 429, 'rate_limit_exceeded', 'requests', 'Rate limit reached for requests', headers);
}

function whole(call, change) {
    send(call, 200, answerOf(call, change));
}

// The first half of an answer, and its length as if all would come.
function half(call) {
    const text = JSON.stringify(answerOf(call));
    head(call, 200, { 'content-length': Buffer.byteLength(text) });
    call.rs.write(text.slice(0, text.length / 2));
    return text;
}

function drop(call) {
    if (call.rs.stream) call.rs.stream.session.destroy();
    else call.rs.socket.resetAndDestroy();
}

async function pour(call, bytes) {
    const block = Buffer.alloc(64 << 10, 0x20);
    head(call, 200, {});
    for (let sent = 0; sent < bytes && !call.rs.destroyed && call.rs.writable; sent += block.length) {
        if (!call.rs.write(block)) await drained(call.rs);
    }
    call.rs.end();
}

// Until there is room again, or nobody is left to write to.
function drained(rs) {
    return new Promise((done) => {
        const go = () => { rs.off('drain', go); rs.off('close', go); done(); };
        rs.once('drain', go);
        rs.once('close', go);
    });
}
const nap = (ms) => new Promise((done) => setTimeout(done, ms));

async function drip(call, ms) {
    const text = JSON.stringify(answerOf(call));
    head(call, 200, { 'content-length': Buffer.byteLength(text) });
    for (const byte of Buffer.from(text)) {
        if (call.rs.destroyed || !call.rs.writable) return;
        call.rs.write(Buffer.from([byte]));
        await nap(ms);
    }
    call.rs.end();
}

const faults = {
    ok: (call) => whole(call),
    latency: async (call, ms) => { await nap(Number(ms)); whole(call); },
    429: (call, after) => rateLimited(call, after ? { 'retry-after': after } : {}),
    '429_reset': (call, reset) => rateLimited(call, { ...limits, 'x-ratelimit-reset-requests': reset }),
    quota: (call) => refuse(call, 429, 'insufficient_quota', 'insufficient_quota', 'You exceeded your current quota'),
    401: (call) => refuse(call, 401, 'invalid_api_key', 'invalid_request_error', `Incorrect API key provided: ${call.key}`),
    403: (call) => refuse(call, 403, 'unsupported_country_region_territory', 'request_forbidden', 'Country not supported'),
    404: (call) => refuse(call, 404, 'model_not_found', 'invalid_request_error', 'The model does not exist'),
    '404_html': (call) => send(call, 404, '<html>nginx</html>', { 'content-type': 'text/html' }),
    context: (call) => refuse(call, 400, 'context_length_exceeded', 'invalid_request_error',
        "This model's maximum context length is 8192 tokens. However, your messages resulted in 8227 tokens."),
    filtered_input: (call) => refuse(call, 400, 'content_filter', null, 'The response was filtered'),
    filtered: (call) => whole(call, { finish: 'content_filter', text: '' }),
    400: (call) => refuse(call, 400, 'invalid_value', 'invalid_request_error', "Invalid 'temperature'"),
    500: (call) => refuse(call, 500, null, 'server_error', 'The server had an error'),
    502: (call) => send(call, 502, '<html>Bad gateway</html>', { 'content-type': 'text/html' }),
    503: (call, after) => refuse(call, 503, null, 'service_unavailable', 'Overloaded', after ? { 'retry-after': after } : {}),
    timeout: () => {},
    stall: (call) => { half(call); },
    drip: (call, ms) => drip(call, Number(ms)),
    reset: (call) => drop(call),
    reset_body: (call) => { half(call); setTimeout(() => drop(call), 50); },
    cut_json: (call) => { const text = JSON.stringify(answerOf(call)); send(call, 200, text.slice(0, text.length / 2)); },
    malformed: (call) => send(call, 200, { id: 1, choices: 'none', data: { a: 1 } }),
    not_json: (call) => send(call, 200, 'upstream is fine, thank you'),
    wrong_schema: (call) => whole(call, { text: '{"no_such_member":1}' }),
    wrong_enum: (call) => { call.wrong = 'enum'; whole(call); },
    no_choices: (call) => send(call, 200, { ...answerOf(call), choices: [], data: [] }),
    no_content: (call) => { const a = chat(call); a.choices[0].message.content = null; send(call, 200, a); },
    refusal: (call) => whole(call, { refusal: 'I cannot help with that.' }),
    length: (call) => whole(call, { finish: 'length', text: '{"cut":' }),
    huge: (call, bytes) => pour(call, Number(bytes ?? 64 << 20)),
    no_usage: (call) => { const a = answerOf(call); delete a.usage; send(call, 200, a); },
    redirect: (call) => send(call, 307, '', { location: '/elsewhere' }),
    short: (call) => { const a = embeddings(call); a.data.pop(); send(call, 200, a); },
    reordered: (call) => { const a = embeddings(call); a.data.reverse(); send(call, 200, a); },
    wrong_dimension: (call) => whole(call, { more: 1 }),
    not_finite: (call) => whole(call, { bad: true }),
};

// ---- calls ----

function nextStep(text) {
    const at = steps.findIndex((s) => s.match === undefined || text.includes(s.match));
    if (at < 0) return null;
    const step = steps[at];
    if (step.times > 0 && --step.times === 0) steps.splice(at, 1);
    return step;
}

function keyOf(rq) {
    return rq.headers['api-key'] ?? (rq.headers.authorization ?? '').replace(/^Bearer /, '');
}

function remember(call, rq, path, text) {
    seen.requests.push({ path, model: call.model, headers: { ...rq.headers }, body: text, http: rq.httpVersion,
        fault: call.fault, call });
    if (seen.requests.length > KEEP_REQUESTS) seen.requests.shift();
}

async function answerCall(rq, rs, path, text) {
    const deployment = /\/openai\/deployments\/([^/]+)\//.exec(path)?.[1];
    const call = { id: ++seen.calls, rs, kind: path.includes('/chat/completions') ? 'chat' : 'embeddings', key: keyOf(rq),
        paid: false };
    call.body = JSON.parse(text);
    call.model = deployment ? decodeURIComponent(deployment) : String(call.body.model);
    call.step = nextStep(text);
    const [, name, argument] = /^fault:([^:]+)(?::(.*))?$/.exec(call.model) ?? [];
    call.fault = call.step ? call.step.fault ?? 'ok' : name ?? 'ok';
    if (rq.httpVersion === '2.0') seen.http2++;
    if (++seen.open > seen.peak) seen.peak = seen.open;
    rs.on('close', () => { seen.open--; });
    remember(call, rq, path, text);
    if (options.latency > 0) await nap(Number(options.latency));
    if (options.key && call.key !== options.key) return faults[401](call);
    if (!(call.fault in faults)) return refuse(call, 400, 'no_such_fault', 'double', call.fault);
    return faults[call.fault](call, call.step ? call.step.argument : argument);
}

function control(rs, path, query, text) {
    const say = (body) => {
        rs.writeHead(200, { 'content-type': 'application/json' });
        rs.end(JSON.stringify(body));
    };
    if (path === '/__script') {
        steps.push(...JSON.parse(text).steps.map((s) => ({ times: 1, ...s })));
        say({ steps: steps.length });
    } else if (path === '/__reset') {
        forget();
        say({});
    } else {
        const requests = query.get('requests') === '0' ? undefined
            : seen.requests.map(({ call, ...kept }) => ({ ...kept, paid: call.paid }));
        say({ ...seen, requests });
    }
}

function serve(rq, rs) {
    const parts = [];
    let bytes = 0;
    rs.on('error', () => {});
    rq.on('error', () => {});
    rq.on('data', (part) => { if ((bytes += part.length) <= BODY_BYTES) parts.push(part); });
    rq.on('end', () => {
        const url = new URL(rq.url, 'http://double');
        const text = Buffer.concat(parts).toString();
        if (url.pathname.startsWith('/__')) return control(rs, url.pathname, url.searchParams, text);
        if (!/\/(chat\/completions|embeddings)$/.test(url.pathname)) {
            rs.writeHead(404, { 'content-type': 'text/html' });
            return rs.end('<html>not here</html>');
        }
        return answerCall(rq, rs, rq.url, text).catch((e) => {
            if (!rs.headersSent) rs.writeHead(400, { 'content-type': 'application/json' });
            rs.end(JSON.stringify({ error: { message: String(e), type: 'double', code: null } }));
        });
    });
}

// ---- listening ----

// One authority, a certificate for us and one for somebody else.
function certificates(dir) {
    const run = (...args) => execFileSync('openssl', args, { stdio: ['ignore', 'ignore', 'pipe'] });
    const file = (name) => join(dir, name);
    if (existsSync(file('done'))) return;
    mkdirSync(dir, { recursive: true });
    const fresh = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-sha256'];
    run('req', '-x509', ...fresh, '-days', '30', '-subj', '/CN=double CA', '-keyout', file('ca.key'), '-out', file('ca.pem'));
    for (const [name, alt] of [['ours', 'DNS:localhost,IP:127.0.0.1'], ['wrong', 'DNS:elsewhere.example']]) {
        writeFileSync(file(`${name}.ext`), `subjectAltName=${alt}\n`);
        run('req', ...fresh, '-subj', `/CN=${name}`, '-keyout', file(`${name}.key`), '-out', file(`${name}.csr`));
        run('x509', '-req', '-in', file(`${name}.csr`), '-CA', file('ca.pem'), '-CAkey', file('ca.key'), '-CAcreateserial',
            '-sha256', '-days', '30', '-extfile', file(`${name}.ext`), '-out', file(`${name}.pem`));
    }
    writeFileSync(file('done'), '');
}

function listen(server) {
    return new Promise((done, failed) => {
        server.on('error', failed);
        server.on('sessionError', () => {});
        server.on('secureConnection', () => { seen.handshakes++; });
        server.on('clientError', (e, socket) => socket.destroy());
        server.keepAliveTimeout = 60000;
        server.listen(0, '127.0.0.1', 1024, () => done(server.address().port));
    });
}

const ready = { http: await listen(http.createServer(serve)) };
if (options.tls) {
    const own = options.dir === '';
    const dir = own ? mkdtempSync(join(tmpdir(), 'double.')) : options.dir;
    const make = (name) => http2.createSecureServer({ allowHTTP1: true, settings: { maxConcurrentStreams: Number(options.streams) }, key: readFileSync(join(dir, `${name}.key`)),
        cert: readFileSync(join(dir, `${name}.pem`)) }, serve);
    certificates(dir);
    if (own) process.on('exit', () => rmSync(dir, { recursive: true, force: true }));
    ready.https = await listen(make('ours'));
    ready.wrong_https = await listen(make('wrong'));
    ready.ca = join(dir, 'ca.pem');
}
process.on('SIGTERM', () => process.exit(0));
process.stdin.on('end', () => process.exit(0));
process.stdin.resume();
console.log(JSON.stringify(ready));
