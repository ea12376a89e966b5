// SPDX-License-Identifier: MIT
// The main job as a person does it, through nginx and TLS in a real browser: sign in, upload a file of meetings, wait
// until every transcript is read, look at a meeting, and find the right numbers in the charts. On the way: no console
// error, no policy violation, no serious accessibility finding, in either theme, in either language.
//
//   CM_E2E_BASE_URL   https://localhost:PORT
//   CM_E2E_CSV        the file to upload; default: samples/meetings.csv
//   CM_E2E_ARTEFACTS  where the screenshots go; default: a new directory under the system's temporary one
//   CM_E2E_JOBS_MS    how long the reading may take; default 180000
import assert from 'node:assert/strict';
import { basename } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import {
  ARTEFACTS,
  BASE_URL,
  assertAccessible,
  chartTable,
  launch,
  openPage,
  readCsv,
  setTheme,
  shot,
  signIn,
} from './lib.mjs';

const CSV = process.env.CM_E2E_CSV ?? fileURLToPath(new URL('../../samples/meetings.csv', import.meta.url));
const JOBS_MS = Number(process.env.CM_E2E_JOBS_MS ?? 180_000);

/** What the file itself says, by seller: [closed, not closed, all]. */
function expectedOf(file) {
  const sellers = new Map();
  for (const r of readCsv(file)) {
    const seller = r['Vendedor asignado'] ?? r['sales_rep'] ?? r['Sales Rep'] ?? r['Vendedor'];
    const closed = /^(1|true|s[ií]|yes|won|ganad[ao])$/i.test(
      r['closed'] ?? r['Closed'] ?? r['Cerrada'] ?? '',
    );
    const at = sellers.get(seller) ?? { closed: 0, total: 0 };
    sellers.set(seller, {
      closed: at.closed + (closed ? 1 : 0),
      total: at.total + 1,
    });
  }
  return sellers;
}

/** Known answers for the 60 real meetings, so that the reader above cannot be wrong together with the product. */
const REAL_FILE = 'meetings_vambe_60.csv';
const REAL = new Map([
  ['Puma', { closed: 9, total: 16 }],
  ['Zorro', { closed: 10, total: 16 }],
  ['Boa', { closed: 10, total: 13 }],
  ['Toro', { closed: 9, total: 9 }],
  ['Tiburón', { closed: 4, total: 6 }],
]);

const sum = (m, f) => [...m.values()].reduce((n, v) => n + f(v), 0);

let browser;
let page;
let complaints;

before(async () => {
  browser = await launch();
  ({ page, complaints } = await openPage(browser));
});
after(async () => browser?.close());

/** The dashboard's bars as seller to {closed, total}; empty when there are no meetings yet. */
async function sellersOnDashboard() {
  await page.getByRole('link', { name: 'Tablero' }).first().click();
  const chart = page.locator('[data-chart="bar"] tbody tr').first();
  const empty = page.getByText('Todavía no hay reuniones');
  await chart.or(empty).first().waitFor({ state: 'attached' });
  if (await empty.isVisible()) return new Map();
  const headers = await page.locator('[data-chart="bar"] thead th').allTextContents();
  const at = headers.indexOf('Cerrada') - 1;
  assert.ok(at >= 0, `the bars are split by outcome: ${headers.join(', ')}`);
  const table = await chartTable(page, 'bar');
  return new Map([...table].map(([k, v]) => [k, { closed: v.parts[at], total: v.total }]));
}

test('the main job, from sign-in to a chart and out again', { timeout: JOBS_MS + 180_000 }, async (t) => {
  // Each step stands on the one before: after a failure the rest would only fail too, slowly.
  let failed = false;
  const step = (name, run) =>
    t.test(name, { skip: failed && 'an earlier step failed' }, async () => {
      try {
        await run();
      } catch (e) {
        failed = true;
        await shot(page, 'failed').catch(() => undefined);
        t.diagnostic(`complaints so far: ${JSON.stringify(complaints)}`);
        throw e;
      }
    });

  const expected = expectedOf(CSV);
  const rows = sum(expected, (s) => s.total);
  let earlier = new Map();
  let created = 0;

  await step('the sign-in page greets in Spanish', async () => {
    await page.goto(BASE_URL);
    await page.getByRole('button', { name: 'Iniciar sesión' }).waitFor();
    assert.equal(await page.locator('html').getAttribute('lang'), 'es');
    await assertAccessible(page, 'sign-in');
    await shot(page, 'sign-in');
  });

  await step('the development issuer signs in, and refuses a wrong password', async () => {
    await page.getByRole('button', { name: 'Iniciar sesión' }).click();
    await page.locator('input[name=username]').fill('admin@demo.test');
    await page.locator('input[name=password]').fill('wrong');
    await assertAccessible(page, 'issuer');
    await page.locator('button[type=submit]').click();
    await page.getByRole('alert').waitFor();
    await shot(page, 'issuer');
    complaints.length = 0; // a refused password may answer 401, which the browser reports as an error
    await signIn(page, 'admin@demo.test', 'demo');
    assert.match(new URL(page.url()).pathname, /^\/dashboard/);
    assert.ok(!page.url().includes('code='), 'the code does not stay in the address');
  });

  await step('a reload keeps the session', async () => {
    await page.reload();
    await page.getByTestId('tenant').waitFor();
    earlier = await sellersOnDashboard();
  });

  await step('a token that has ended is renewed without a word', async () => {
    const aged = await page.evaluate(() => {
      const key = Object.keys(sessionStorage).find((k) => k.startsWith('oidc.user:'));
      if (!key) return null;
      const user = JSON.parse(sessionStorage.getItem(key) ?? '{}');
      sessionStorage.setItem(key, JSON.stringify({ ...user, expires_at: 1 }));
      return user.access_token;
    });
    assert.ok(aged, 'the session is in the storage of the tab');
    await page.reload();
    await page.getByTestId('tenant').waitFor();
    const now = await page.evaluate(() => {
      const key = Object.keys(sessionStorage).find((k) => k.startsWith('oidc.user:'));
      return JSON.parse(sessionStorage.getItem(key ?? '') ?? '{}').access_token;
    });
    assert.notEqual(now, aged);
  });

  await step('the file is uploaded, and every row is accounted for', async () => {
    await page.getByRole('link', { name: 'Cargas' }).first().click();
    await page.locator('input[type=file]').waitFor({ state: 'attached' });
    await shot(page, 'upload');
    await page.locator('input[type=file]').setInputFiles(CSV);
    await page.getByTestId('upload-result').waitFor({ timeout: 60_000 });
    const count = async (name) =>
      Number((await page.locator(`[data-count="${name}"] p`).last().textContent()).replace(/\D/g, ''));
    const counts = {};
    for (const name of ['created', 'updated', 'duplicate', 'invalid', 'skipped'])
      counts[name] = await count(name);
    created = counts.created;
    assert.equal(
      Object.values(counts).reduce((a, b) => a + b, 0),
      rows,
      JSON.stringify(counts),
    );
    assert.ok(created === rows || created === 0, `all rows are new, or none is: ${JSON.stringify(counts)}`);
    assert.match(page.url(), /upload=/, 'the result has an address of its own');
  });

  await step('the reading is followed until the last transcript, over a reload', async () => {
    await page.reload();
    const reading = page.getByTestId('reading');
    await reading.waitFor();
    await shot(page, 'reading');
    await page.locator('[data-testid=reading][data-running=false]').waitFor({ timeout: JOBS_MS });
    assert.doesNotMatch(await reading.innerText(), /no se pud/);
    await assertAccessible(page, 'upload result');
    await shot(page, 'upload-result');
  });

  await step('the meetings are listed and sorted', async () => {
    await page.getByRole('link', { name: 'Reuniones' }).first().click();
    const table = page.getByRole('table', { name: 'Reuniones' });
    await table.waitFor();
    const total = Number(await table.getAttribute('aria-rowcount')) - 1;
    assert.equal(total, sum(earlier, (s) => s.total) + created);
    const firstRow = () => table.getByRole('row').nth(1).innerText();
    const newest = await firstRow();
    await page.getByRole('button', { name: 'Fecha' }).click();
    await page.locator('[role=columnheader][aria-sort=ascending]').waitFor();
    await page.waitForFunction((was) => {
      const row = document.querySelectorAll('[role=row]')[1];
      return row instanceof HTMLElement && row.innerText !== was;
    }, newest);
    await page.getByRole('button', { name: 'Fecha' }).click();
    await page.locator('[role=columnheader][aria-sort=descending]').waitFor();
    await assertAccessible(page, 'meetings');
    await shot(page, 'meetings');
  });

  await step('a search narrows the list and its files, and its box says what the list shows', async () => {
    const table = page.getByRole('table', { name: 'Reuniones' });
    const rows = async () => Number(await table.getAttribute('aria-rowcount')) - 1;
    const all = await rows();
    const box = page.getByRole('searchbox');
    await box.fill('clínica');
    await page.waitForURL(/q=/);
    await page.waitForFunction(
      (was) => Number(document.querySelector('[role=table]')?.getAttribute('aria-rowcount')) - 1 < was,
      all,
    );
    for (const [name, file] of [
      ['Como CSV', 'meetings.csv'],
      ['Como libro de Excel', 'meetings.xlsx'],
    ]) {
      await page.getByRole('button', { name: 'Descargar' }).click();
      const [got] = await Promise.all([
        page.waitForEvent('download'),
        page.getByRole('menuitem', { name }).click(),
      ]);
      assert.equal(got.suggestedFilename(), file);
      if (file.endsWith('.csv')) assert.equal(readCsv(await got.path()).length, await rows());
    }
    await page.getByRole('link', { name: 'Reuniones' }).first().click();
    await page.waitForURL((url) => !url.search.includes('q='));
    await page.waitForFunction(
      (was) => Number(document.querySelector('[role=table]')?.getAttribute('aria-rowcount')) - 1 === was,
      all,
    );
    assert.equal(await box.inputValue(), '');
  });

  await step('a meeting shows its transcript and the words behind its values', async () => {
    await page.getByRole('table').getByRole('row').nth(1).getByRole('link').click();
    const dialog = page.getByRole('dialog');
    await dialog.getByTestId('transcript').waitFor();
    assert.ok((await dialog.getByTestId('transcript').innerText()).length > 20);
    const evidence = dialog.getByRole('button', {
      name: /^Mostrar en el texto/,
    });
    assert.ok((await evidence.count()) > 0, 'some value is proved by words of the transcript');
    await evidence.first().click();
    assert.equal(await dialog.locator('mark[data-on]').first().isVisible(), true);
    await assertAccessible(page, 'meeting');
    await shot(page, 'meeting');
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });
  });

  await step('the dashboard shows the numbers of the file', async () => {
    const now = await sellersOnDashboard();
    const gained = new Map();
    for (const [seller, at] of now) {
      const was = earlier.get(seller) ?? { closed: 0, total: 0 };
      if (at.total > was.total)
        gained.set(seller, {
          closed: at.closed - was.closed,
          total: at.total - was.total,
        });
    }
    if (created > 0) {
      assert.deepEqual([...gained].sort(), [...expected].sort());
      if (basename(CSV) === REAL_FILE) {
        assert.deepEqual([...gained].sort(), [...REAL].sort());
        assert.equal(
          sum(gained, (s) => s.closed),
          42,
        );
        assert.equal(
          sum(gained, (s) => s.total),
          60,
        );
      }
    } else assert.equal(gained.size, 0, 'a file sent again changes nothing');

    const number = async (name) =>
      Number((await page.locator(`[data-kpi=${name}] [data-value]`).innerText()).replace(/\D/g, ''));
    assert.equal(
      await number('meetings'),
      sum(now, (s) => s.total),
    );
    assert.equal(
      await number('closed'),
      sum(now, (s) => s.closed),
    );

    await page.locator('[data-chart="pie"] tbody tr').first().waitFor();
    const sectors = await chartTable(page, 'pie');
    assert.ok(sectors.size > 1, 'the conversations fall in several sectors');
    assert.ok(sum(sectors, (s) => s.total) <= sum(now, (s) => s.total));
    await page.locator('[data-chart="bar"] canvas').waitFor();
    await page.locator('[data-chart="pie"] canvas').waitFor();
    await assertAccessible(page, 'dashboard');
    await shot(page, 'dashboard', { fullPage: true });
  });

  await step('a filter narrows both charts, and Back undoes it', async () => {
    const all = await chartTable(page, 'bar');
    await page.locator('[data-chart="pie"] tbody button').first().click();
    await page.waitForURL(/where=/);
    const chip = page.getByRole('button', { name: /^Quitar el filtro/ });
    await chip.waitFor();
    const narrowed = sum(all, (s) => s.total);
    await page.waitForFunction(
      (was) =>
        Number(document.querySelector('[data-kpi=meetings] [data-value]')?.textContent?.replace(/\D/g, '')) <
        was,
      narrowed,
    );
    await page.locator('[data-chart="bar"] canvas').hover(); // a tooltip must not break the policy
    await page.goBack();
    await chip.waitFor({ state: 'detached' });
  });

  await step('the other language and the other theme are as sound', async () => {
    await page.getByText('EN', { exact: true }).click();
    await page.getByRole('heading', { level: 1, name: 'Dashboard' }).waitFor();
    assert.equal(await page.locator('html').getAttribute('lang'), 'en');
    await setTheme(page, 'Dark');
    await page.locator('html[data-mantine-color-scheme=dark]').waitFor();
    await page.locator('[data-chart="bar"] canvas').waitFor();
    await assertAccessible(page, 'dashboard, dark');
    await shot(page, 'dashboard-dark', { fullPage: true });

    await page.getByRole('link', { name: 'Meetings' }).first().click();
    await page.getByRole('table').getByRole('row').nth(1).waitFor();
    await assertAccessible(page, 'meetings, dark');
    await page.getByRole('table').getByRole('row').nth(1).getByRole('link').click();
    await page.getByRole('dialog').getByTestId('transcript').waitFor();
    await assertAccessible(page, 'meeting, dark');
    await shot(page, 'meeting-dark');
    await page.keyboard.press('Escape');

    await page.getByRole('link', { name: 'Uploads' }).first().click();
    await page.getByRole('heading', { level: 1, name: 'Uploads' }).waitFor();
    await page.locator('tbody tr').first().waitFor();
    await assertAccessible(page, 'upload, dark');

    await page.reload();
    await page.getByRole('heading', { level: 1, name: 'Uploads' }).waitFor();
    assert.equal(await page.locator('html').getAttribute('data-mantine-color-scheme'), 'dark', 'remembered');
  });

  await step('a phone of 360 pixels scrolls nowhere sideways', async () => {
    await page.setViewportSize({ width: 360, height: 740 });
    for (const path of ['/dashboard', '/meetings', '/upload']) {
      await page.goto(BASE_URL + path);
      await page.getByRole('heading', { level: 1 }).waitFor();
      if (path === '/dashboard') await page.locator('[data-chart="bar"] canvas').waitFor();
      if (path === '/meetings') await page.getByRole('table').getByRole('row').nth(1).waitFor();
      const wide = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
      assert.ok(wide <= 0, `${path} is ${wide} pixels too wide`);
      await assertAccessible(page, `${path} on a phone`);
      await shot(page, `phone${path.replace('/', '-')}`);
    }
    await page.setViewportSize({ width: 1440, height: 900 });
  });

  await step('signing out ends the session', async () => {
    await page.getByRole('button', { name: /^Account of/ }).click();
    await page.getByRole('menuitem', { name: 'Sign out' }).click();
    await page.getByRole('button', { name: 'Sign in' }).waitFor();
    await page.goto(`${BASE_URL}/meetings`);
    await page.getByRole('button', { name: 'Sign in' }).waitFor();
    await assertAccessible(page, 'sign-in, dark');
    await shot(page, 'signed-out');
  });

  await step('nothing complained on the way', () => {
    assert.deepEqual(complaints, []);
  });

  t.diagnostic(`screenshots: ${ARTEFACTS}`);
});
