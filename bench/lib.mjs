// SPDX-License-Identifier: MIT
//
// Figures: one line each on the standard output, and a table a group in docs/benchmarks.md. What counts is the ratio to
// the peer of the same run: absolute values are this machine's.
import { execFile } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { root } from '../tests/fault/lib.mjs';

const document = path.join(root, 'docs/benchmarks.md');

const shown = (x) => (x === null ? '-' : x >= 100 ? x.toFixed(0) : x >= 10 ? x.toFixed(1) : x.toFixed(x >= 1 ? 2 : 3));

export class Group {
  constructor(name, title, about) {
    Object.assign(this, { name, title, about, figures: [] });
  }

  /** `peer` is the value of the peer in the same unit, or null; `goal` is [op, number]. */
  figure(name, value, unit, peer, [op, goal]) {
    const met = op === '>=' ? value >= goal : value <= goal;
    this.figures.push({ name, value, unit, peer, op, goal, met });
    console.log(`${name}: ${shown(value)} ${unit} (peer ${shown(peer)}, goal ${op} ${shown(goal)}): ${met ? 'met' : 'short'}`);
  }

  /** A figure and its ratio to the peer; `least` is the goal of the ratio (at most, when smaller is better). */
  against(name, value, unit, peer, op, ratio) {
    this.figure(name, value, unit, peer, [op, peer * ratio]);
    this.figure(`${name}_ratio`, value / peer, 'ratio', 1, [op, ratio]);
  }

  write() {
    const begin = `<!-- group ${this.name} -->`;
    const end = `<!-- end ${this.name} -->`;
    const lines = [begin, `## ${this.title}`, '', this.about.trim(), '', '| figure | value | unit | peer | goal | |',
      '|---|---:|---|---:|---:|---|',
      ...this.figures.map((f) =>
        `| ${f.name} | ${shown(f.value)} | ${f.unit} | ${shown(f.peer)} | ${f.op} ${shown(f.goal)} | ${f.met ? 'met' : 'short'} |`),
      '', `Measured ${new Date().toISOString().slice(0, 10)} on ${machine()}.`, end, ''];
    let text = existsSync(document) ? readFileSync(document, 'utf8') : preface;
    const at = text.indexOf(begin);
    const section = lines.join('\n');
    if (at < 0) text = `${text.trimEnd()}\n\n${section}`;
    else text = text.slice(0, at) + section + text.slice(text.indexOf(end) + end.length).replace(/^\n/, '');
    writeFileSync(document, text);
  }
}

const preface = `# Benchmarks

Written by \`make bench\`; \`make bench B=http\` measures one group. Each claim stands beside a peer that was measured in
the same run on the same machine: the ratio is what to trust, the absolute values are of that machine and of what else it
was doing. A goal that is not reached is shown as \`short\` and stays here until it is.
`;

function machine() {
  const cpu = os.cpus();
  const version = (/^PRETTY_NAME="?([^"\n]*)/m.exec(existsSync('/etc/os-release') ? readFileSync('/etc/os-release', 'utf8') : '') ?? [])[1];
  return `${cpu.length} cores of ${cpu[0].model.trim()}, ${Math.round(os.totalmem() / 2 ** 30)} GB, ${version ?? os.type()}`;
}

/** Output of a program; rejects when it fails or takes too long. */
export function run(program, args, options = {}) {
  return new Promise((resolve, reject) => {
    execFile(program, args, { timeout: 120000, maxBuffer: 1 << 26, ...options }, (e, out, err) => {
      if (e) reject(new Error(`${program}: ${e.message}\n${out}\n${err}`));
      else resolve(out);
    });
  });
}
