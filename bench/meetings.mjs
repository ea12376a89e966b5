// SPDX-License-Identifier: MIT
//
// Looking for meetings among 10,000: what a person waits for, through nginx.
import { meetingsFile, percentile, Stack, until } from '../tests/fault/lib.mjs';
import { Group } from './lib.mjs';

const MEETINGS = 10_000;
const TIMES = 200;
const GOAL_MS = 20;

const group = new Group('meetings', 'Meetings', `
${MEETINGS.toLocaleString('en')} meetings with the sample's conversations, all read. One request after the other over TLS, ${TIMES} of each, in turn; p50 and p99 of the
time from the request to the whole answer: 50 meetings with their total. \`search_rare\` finds few meetings, \`search_common\` many, \`search_phrase\` words that
follow each other. The peer of a search is the statement of a product without full text search (\`ILIKE\` over every transcript, unfolded, of the same rows), timed by the
server alone.`);

const requests = {
  list: '/api/meetings',
  list_by_client: '/api/meetings?sort=client_name',
  list_filtered: `/api/meetings?sales_rep=${encodeURIComponent('Vendedor 3')}&closed=true&date_from=2024-03-01&date_to=2024-05-31`,
  list_tree: `/api/meetings?filter=${encodeURIComponent('{"and":[{"field":"sector","op":"in","value":["educacion","salud_bienestar"]},{"field":"closed","op":"eq","value":true}]}')}`,
  search_rare: '/api/meetings?q=planilla',
  search_common: '/api/meetings?q=consultas',
  search_phrase: `/api/meetings?q=${encodeURIComponent('"fuera de horario"')}`,
  filter_options: '/api/meetings/filter-options',
};
const ilike = { search_rare: '%planilla%', search_common: '%consultas%', search_phrase: '%fuera de horario%' };

const stack = await Stack.up();
try {
  const token = await stack.token();
  await stack.upload(token, meetingsFile('bench', MEETINGS));
  await until('the readings', async () => (await stack.one('SELECT count(*) FROM jobs')) === 0, 120000, 500);
  await stack.sql('VACUUM ANALYZE');
  const seen = Object.fromEntries(Object.keys(requests).map((k) => [k, []]));
  const found = {};
  for (let i = -5; i < TIMES; i++) {
    for (const [name, target] of Object.entries(requests)) {
      const a = await stack.ask(target, { token });
      if (a.status !== 200) throw new Error(`${name}: ${a.status} ${a.body}`);
      found[name] = JSON.parse(a.body).data.total;
      if (i >= 0) seen[name].push(a.ms); // the first ones warm the caches
    }
  }
  for (const [name, total] of Object.entries(found)) if (total === 0) throw new Error(`${name} finds nothing`);
  group.about += `\n\nFound: ${Object.entries(found).filter(([, n]) => n !== undefined).map(([name, n]) => `\`${name}\` ${n}`).join(', ')}.`;
  for (const name of Object.keys(requests)) {
    let peer = null;
    if (ilike[name]) {
      const plan = await stack.sql(`EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) SELECT subject_id FROM transcripts WHERE body ILIKE '${ilike[name]}'`);
      peer = JSON.parse(plan.flat().join('\n'))[0]['Execution Time'];
    }
    group.figure(`meetings_${name}_p50`, percentile(seen[name], 50), 'ms', peer, ['<=', GOAL_MS]);
    group.figure(`meetings_${name}_p99`, percentile(seen[name], 99), 'ms', peer, ['<=', 2 * GOAL_MS]);
  }
  group.write();
} finally {
  stack.down();
}
