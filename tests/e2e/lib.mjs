// SPDX-License-Identifier: MIT
// What the end-to-end tests share: a browser that records every complaint, sign-in, axe, tables, and a CSV reader.
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

// The tools are the frontend's development dependencies: one lock file for all of Node.
const require = createRequire(new URL('../../frontend/package.json', import.meta.url));
const { chromium } = require('playwright-core');
const axeSource = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');

const CHROMIUM = process.env.CM_E2E_CHROMIUM ?? '/usr/bin/chromium';
/** How long one step may take before it is a failure: a page on a busy machine with two cores. */
const STEP_MS = 20_000;

export const BASE_URL = (process.env.CM_E2E_BASE_URL ?? 'https://localhost:8443').replace(/\/$/, '');

export const ARTEFACTS = process.env.CM_E2E_ARTEFACTS ?? mkdtempSync(join(tmpdir(), 'clientmetrics-e2e-'));
mkdirSync(ARTEFACTS, { recursive: true });

export async function launch() {
  assert.ok(
    existsSync(CHROMIUM),
    `no Chromium at ${CHROMIUM}: install the package chromium, or set CM_E2E_CHROMIUM`,
  );
  return chromium.launch({
    executablePath: CHROMIUM,
    headless: true,
    args: [
      '--no-sandbox', // Chromium refuses its sandbox to root
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
}

/** A page whose complaints are kept: console errors, exceptions, policy violations, answers of 5xx. */
export async function openPage(browser, options = {}) {
  const context = await browser.newContext({
    ignoreHTTPSErrors: true, // the local certificate signs itself
    locale: 'es-CL',
    colorScheme: 'light',
    viewport: { width: 1440, height: 900 },
    reducedMotion: 'reduce', // pictures without half-drawn bars
    ...options,
  });
  context.setDefaultTimeout(STEP_MS);
  const page = await context.newPage();
  const complaints = [];
  await page.addInitScript(() => {
    document.addEventListener('securitypolicyviolation', (e) => {
      console.error(
        `policy violation: ${e.effectiveDirective} ${e.blockedURI} ${e.sourceFile}:${e.lineNumber}`,
      );
    });
  });
  page.on('console', (m) => {
    if (m.type() === 'error') complaints.push(`console: ${m.text()} (${m.location().url})`);
  });
  page.on('pageerror', (e) => complaints.push(`exception: ${e.message}`));
  page.on('response', (r) => {
    if (r.status() >= 500) complaints.push(`answer ${r.status()}: ${new URL(r.url()).pathname}`);
  });
  return { context, page, complaints };
}

let shots = 0;
export async function shot(page, name, options = {}) {
  const file = join(ARTEFACTS, `${String(++shots).padStart(2, '0')}-${name}.png`);
  await page.screenshot({ path: file, ...options });
  return file;
}

/** Fails on any serious or critical finding. Runs in the page by evaluation, which the policy does not touch. */
export async function assertAccessible(page, what) {
  await page.evaluate(axeSource);
  const findings = await page.evaluate(async () => {
    const result = await globalThis.axe.run(document, {
      resultTypes: ['violations'],
    });
    return result.violations
      .filter((v) => v.impact === 'serious' || v.impact === 'critical')
      .map(
        (v) =>
          `${v.id} (${v.impact}): ${v.nodes.map((n) => `${n.target.join(' ')} ${n.failureSummary ?? ''}`).join('; ')}`,
      );
  });
  assert.deepEqual(findings, [], `axe on ${what}`);
}

/** Through the product's page and the development issuer's form, as a person would. */
export async function signIn(page, email, password) {
  await page.goto(BASE_URL);
  await page.getByRole('button', { name: /Iniciar sesión|Sign in/ }).click();
  await page.locator('input[name=username]').fill(email);
  await page.locator('input[name=password]').fill(password);
  await page.locator('button[type=submit]').click();
  await page.getByTestId('tenant').waitFor();
}

export async function setTheme(page, name) {
  await page.getByRole('button', { name: /^(Tema|Theme)$/ }).click();
  await page.getByRole('menuitem', { name }).click();
  await page.getByRole('menu').waitFor({ state: 'detached' });
}

const digits = (s) => Number(s.replace(/[^\d-]/g, ''));

/** The data table beside a chart: key of the row to {parts, total}. Empty when the chart says it has no data. */
export async function chartTable(page, chart) {
  const card = page.locator(`[data-chart="${chart}"]`);
  const rows = await card.locator('tbody tr').evaluateAll((trs) =>
    trs.map((tr) => ({
      key: tr.dataset.key,
      cells: [...tr.querySelectorAll('td')].map((td) => td.textContent ?? ''),
    })),
  );
  // The last two cells are the total and the share.
  return new Map(
    rows.map(({ key, cells }) => [
      key,
      {
        parts: cells.slice(0, -2).map(digits),
        total: digits(cells.at(-2) ?? ''),
      },
    ]),
  );
}

/** RFC 4180, enough for the test's own files: quotes, doubled quotes, newlines inside fields. */
export function readCsv(file) {
  const text = readFileSync(file, 'utf8').replace(/^\uFEFF/, '');
  const rows = [];
  let row = [];
  let field = '';
  let quoted = false;
  for (let i = 0; i < text.length; i++) {
    const c = text[i];
    if (quoted) {
      if (c !== '"') field += c;
      else if (text[i + 1] === '"') {
        field += '"';
        i++;
      } else quoted = false;
    } else if (c === '"') quoted = true;
    else if (c === ',' || c === '\n') {
      row.push(field.replace(/\r$/, ''));
      field = '';
      if (c === '\n') {
        rows.push(row);
        row = [];
      }
    } else field += c;
  }
  if (field !== '' || row.length > 0) rows.push([...row, field]);
  const [header = [], ...records] = rows.filter((r) => r.some((f) => f !== ''));
  return records.map((r) => Object.fromEntries(header.map((name, i) => [name.trim(), (r[i] ?? '').trim()])));
}
