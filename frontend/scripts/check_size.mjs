// SPDX-License-Identifier: MIT
// Fails when a part of the build outgrows its budget. Sizes are gzip -9, as nginx sends them.
//   initial  what the browser fetches before the first page shows
//   shell    what the signed-in part adds to it
//   charts   ECharts, fetched when the first chart comes into view
//   workers  what runs beside the page: reads .xlsx, fetched with the first of them
//   others   what each further page or language adds
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

const KB = 1024;
const BUDGET = {
  initial: 210 * KB,
  shell: 60 * KB,
  charts: 270 * KB,
  workers: 30 * KB,
  other: 60 * KB,
  css: 45 * KB,
};

const dist = fileURLToPath(new URL('../dist', import.meta.url));
const manifestFile = join(dist, '.vite/manifest.json');
if (!existsSync(manifestFile)) {
  console.error('no build to measure in dist/: run npm run build');
  process.exit(1);
}
const manifest = JSON.parse(readFileSync(manifestFile, 'utf8'));

const gzip = (file) => gzipSync(readFileSync(join(dist, file)), { level: 9 }).length;
const sum = (files) => [...files].reduce((n, f) => n + gzip(f), 0);

/** The scripts that come with a chunk: its own and those it imports, not those it may import later. */
function closure(key, out = new Set()) {
  const chunk = manifest[key];
  if (!chunk || out.has(chunk.file)) return out;
  out.add(chunk.file);
  for (const next of chunk.imports ?? []) closure(next, out);
  return out;
}
const without = (files, ...had) => new Set([...files].filter((f) => !had.some((h) => h.has(f))));

const keys = Object.keys(manifest);
const initial = closure(keys.find((k) => manifest[k].isEntry));
const shell = without(closure(keys.find((k) => k.endsWith('/SignedIn.tsx'))), initial);
const charts = new Set(
  [...Object.values(manifest)].map((c) => c.file).filter((f) => /\/charts-[^/]*\.js$/.test(f)),
);
// Bundled apart from the rest, so the manifest does not know them.
const workers = readdirSync(join(dist, 'assets'))
  .filter((f) => /^worker-[^/]*\.js$/.test(f))
  .map((f) => `assets/${f}`);
const styles = new Set(Object.values(manifest).flatMap((c) => c.css ?? []));

const rows = [
  ['initial', sum(initial), BUDGET.initial],
  ['shell', sum(shell), BUDGET.shell],
  ['charts', sum(charts), BUDGET.charts],
  ['workers', sum(workers), BUDGET.workers],
  ['styles', sum(styles), BUDGET.css],
  ...keys
    .filter((k) => manifest[k].isDynamicEntry && !k.endsWith('/SignedIn.tsx'))
    .map((k) => [k, sum(without(closure(k), initial, shell, charts)), BUDGET.other]),
];
if (workers.length === 0) {
  console.error('the reader of .xlsx must be in a worker of its own');
  process.exit(1);
}
if (charts.size === 0 || [...charts].some((f) => initial.has(f) || shell.has(f))) {
  console.error('the charts must be in a file of their own, outside of the first page');
  process.exit(1);
}

let over = 0;
for (const [name, bytes, budget] of rows) {
  if (bytes > budget) over++;
  const mark = bytes > budget ? 'OVER' : 'ok';
  console.log(
    `${mark.padEnd(4)} ${(bytes / KB).toFixed(1).padStart(7)} KB of ${(budget / KB).toFixed(0).padStart(3)}  ${name}`,
  );
}
rmSync(join(dist, '.vite'), { recursive: true }); // not for the web
if (over > 0) {
  console.error(`${over} over budget`);
  process.exit(1);
}
