// SPDX-License-Identifier: MIT
import { describe, expect, it } from 'vitest';
import type { UploadPreview } from './contract';
import {
  chosenByHand,
  cutAt,
  isClean,
  looksSame,
  mapColumn,
  mappingDraft,
  mayUpload,
  NO_OPTIONS,
  PREVIEW_WHOLE_BYTES,
  previewPart,
  queryOf,
  rereadAs,
  withProposal,
} from './options';

const bytes = (s: string): Uint8Array => new TextEncoder().encode(s);
const proposal = { mapping_id: 'm1', name: 'CRM', columns: { client_name: 'Cliente', email: null } };

const clean: UploadPreview = {
  settings: {
    encoding: 'utf-8',
    bom: false,
    delimiter: ',',
    line_ending: 'lf',
    date_order: 'ymd',
    quoted: true,
    header_line: 1,
    date_order_certain: true,
    headers: ['Nombre', 'Correo'],
    columns: { client_name: 'Nombre', email: 'Correo' },
  },
  rows: [['Ana', 'ana@example.com']],
  mapping_proposal: null,
  would: { rows: 1, created: 1, updated: 0, duplicate: 0, invalid: 0, skipped: 0, jobs_created: 0 },
  errors: [],
  missing: [],
};
const would = (more: object): UploadPreview => ({ ...clean, would: { ...clean.would, ...more } as never });

describe('queryOf', () => {
  it('says nothing where the file decides', () => expect(queryOf(NO_OPTIONS)).toBe(''));

  it('says each choice under its name', () => {
    const query = queryOf({
      encoding: 'windows-1252',
      delimiter: '\t',
      dateOrder: 'dmy',
      mapping: { client_name: 'Razón & social' },
      mappingId: null,
      onChange: 'keep_both',
      allOrNothing: true,
    });
    expect(Object.fromEntries(new URLSearchParams(query))).toEqual({
      encoding: 'windows-1252',
      delimiter: '\t',
      date_order: 'dmy',
      mapping: '{"client_name":"Razón & social"}',
      on_change: 'keep_both',
      mode: 'all_or_nothing',
    });
    expect(query.startsWith('?')).toBe(true);
  });

  it('names a saved mapping instead of spelling it', () => {
    expect(queryOf(withProposal(NO_OPTIONS, proposal))).toBe('?mapping_id=m1');
  });
});

describe('mapColumn', () => {
  const columns = { client_name: 'Nombre', email: 'Correo', phone: null };
  it('gives a column another header, leaving out those without', () => {
    expect(mapColumn(columns, 'phone', 'Fono')).toEqual({
      client_name: 'Nombre',
      email: 'Correo',
      phone: 'Fono',
    });
  });
  it('takes the header from whoever had it', () => {
    expect(mapColumn(columns, 'phone', 'Correo')).toEqual({ client_name: 'Nombre', phone: 'Correo' });
  });
  it('takes a header away', () => {
    expect(mapColumn(columns, 'email', null)).toEqual({ client_name: 'Nombre' });
  });
});

it('another encoding or delimiter makes other headers, so the mapping goes; the rules stay', () => {
  const o = { ...withProposal(NO_OPTIONS, proposal), onChange: 'skip' as const };
  expect(rereadAs(o, { delimiter: ';' })).toEqual({ ...NO_OPTIONS, delimiter: ';', onChange: 'skip' });
});

it('only all-or-nothing needs no second look', () => {
  expect(looksSame(NO_OPTIONS, { ...NO_OPTIONS, allOrNothing: true })).toBe(true);
  expect(looksSame(NO_OPTIONS, { ...NO_OPTIONS, onChange: 'skip' })).toBe(false);
  expect(looksSame(NO_OPTIONS, { ...NO_OPTIONS, dateOrder: 'mdy' })).toBe(false);
});

describe('isClean', () => {
  it('lets a file pass that leaves nothing to decide', () => expect(isClean(clean, false)).toBe(true));
  it.each<[string, UploadPreview, boolean]>([
    ['its beginning only', clean, true],
    ['a bad row', would({ invalid: 1 }), false],
    ['a change of a known meeting', would({ updated: 1 }), false],
    ['a missing column', { ...clean, missing: ['phone'], would: null }, false],
    ['dates in doubt', { ...clean, settings: { ...clean.settings, date_order_certain: false } }, false],
    [
      'text that looks wrong',
      { ...clean, settings: { ...clean.settings, warnings: ['text_looks_wrong'] } },
      false,
    ],
    ['a saved mapping', { ...clean, mapping_proposal: proposal }, false],
  ])('stops for %s', (_, preview, partial) => expect(isClean(preview, partial)).toBe(false));
});

it('may be uploaded when no column is missing', () => {
  expect(mayUpload(clean)).toBe(true);
  expect(mayUpload(would({ invalid: 1 }))).toBe(true);
  expect(mayUpload({ ...clean, missing: ['email'], would: null })).toBe(false);
});

describe('cutAt', () => {
  it.each([
    ['a,b\n1,2\n3,', 8],
    ['a,b\n1,"two\nlines\n', 4],
    ['a,b\n1,"say ""x""\n"\n2,', 19],
    ['a,b', 0],
    ['a,"b\n\n\n', 0],
    ['a\r\nb\r\nc', 6],
    ['a\0\n\0b\0', 0],
  ])('%j: %d', (text, want) => expect(cutAt(bytes(text))).toBe(want));
});

describe('previewPart', () => {
  it('takes a file whole up to its bound', async () => {
    const file = new File(['a\n'], 'a.csv');
    expect(await previewPart(file)).toEqual({ part: file, partial: false });
  });

  it('takes the beginning of a larger one, up to the end of a record', async () => {
    const line = 'x'.repeat(99) + '\n';
    const file = new File([line.repeat(PREVIEW_WHOLE_BYTES / 100 + 1)], 'big.csv');
    const { part, partial } = await previewPart(file);
    expect(partial).toBe(true);
    expect(part.name).toBe('big.csv');
    expect(part.size % 100).toBe(0);
    expect(part.size).toBeGreaterThan(4e6);
    expect(part.size).toBeLessThanOrEqual(4 * 1024 * 1024);
  });
});

describe('keeping a mapping', () => {
  const mapped = { ...NO_OPTIONS, mapping: { client_name: 'Nombre' }, dateOrder: 'dmy' };

  it('is offered for columns chosen by hand that suffice, and for no others', () => {
    expect(chosenByHand(mapped, clean)).toBe(true);
    expect(chosenByHand(NO_OPTIONS, clean)).toBe(false);
    expect(chosenByHand(withProposal(NO_OPTIONS, proposal), clean)).toBe(false);
    expect(chosenByHand(mapped, { ...clean, missing: ['phone'], would: null })).toBe(false);
  });

  it('keeps the settings that were chosen, not those that were found', () => {
    expect(mappingDraft('CRM', mapped, clean.settings.headers)).toEqual({
      name: 'CRM',
      headers: ['Nombre', 'Correo'],
      columns: { client_name: 'Nombre' },
      settings: { date_order: 'dmy' },
    });
  });
});
