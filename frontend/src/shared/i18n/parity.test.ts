// SPDX-License-Identifier: MIT
import { describe, expect, it } from 'vitest';
import en from './en.json';
import es from './es.json';

type Tree = Record<string, string | object>;
const SUFFIX = /_(zero|one|two|few|many|other)$/;

function flatten(tree: Tree, prefix = ''): Map<string, string> {
  const out = new Map<string, string>();
  for (const [key, value] of Object.entries(tree)) {
    if (typeof value === 'string') out.set(prefix + key, value);
    else for (const [k, v] of flatten(value as Tree, `${prefix}${key}.`)) out.set(k, v);
  }
  return out;
}

const files = { es: flatten(es), en: flatten(en) };
const bases = (m: Map<string, string>): string[] =>
  [...new Set([...m.keys()].map((k) => k.replace(SUFFIX, '')))].sort();
const slots = (s: string): string[] => [...s.matchAll(/\{\{(\w+)\}\}/g)].map((m) => m[1] ?? '').sort();

const sources = import.meta.glob<string>(['/src/**/*.{ts,tsx}', '!**/*.test.*', '!**/*.gen.ts'], {
  query: '?raw',
  import: 'default',
  eager: true,
});

describe('language files', () => {
  it('have the same keys', () => {
    expect(bases(files.en)).toEqual(bases(files.es));
  });

  it.each(['es', 'en'] as const)('%s has every plural form its language knows', (language) => {
    const forms = new Intl.PluralRules(language).resolvedOptions().pluralCategories;
    const plural = [...files[language].keys()]
      .filter((k) => SUFFIX.test(k))
      .map((k) => k.replace(SUFFIX, ''));
    for (const base of new Set(plural)) {
      for (const form of forms) expect(files[language].has(`${base}_${form}`), `${base}_${form}`).toBe(true);
    }
  });

  it('fill the same places in both languages', () => {
    for (const [key, text] of files.en) {
      const other = files.es.get(key);
      if (other !== undefined) expect(slots(other), key).toEqual(slots(text));
    }
  });

  it('have no empty text', () => {
    for (const m of Object.values(files)) for (const [key, text] of m) expect(text.trim(), key).not.toBe('');
  });

  it('are all used', () => {
    const code = Object.values(sources).join('\n');
    // Keys that are put together from a code at run time: `error.${code}`.
    const built = [...code.matchAll(/`([a-z_]+\.[a-z_]*)\$\{/g)].map((m) => m[1] ?? '');
    const unused = bases(files.es).filter(
      (k) => !code.includes(`'${k}'`) && !built.some((prefix) => k.startsWith(prefix)),
    );
    expect(unused).toEqual([]);
  });
});
