// SPDX-License-Identifier: MIT
import { strToU8, zipSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import { csvRecord } from './csv';
import { numberText, readWorkbook, XlsxError } from './workbook';

const MAIN = 'http://schemas.openxmlformats.org/spreadsheetml/2006/main';
const REL = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships';
const PACKAGE = 'http://schemas.openxmlformats.org/package/2006';
const escape = (s: string): string => s.replaceAll('&', '&amp;').replaceAll('<', '&lt;');

/** A workbook as Excel writes it: sheets of cells in SpreadsheetML, shared strings, styles. Style 1 is a date, 2 a time. */
function xlsx(sheets: Record<string, string>, shared: string[] = [], compress = true): ArrayBuffer {
  const names = Object.keys(sheets);
  const each = (f: (name: string, n: number) => string): string =>
    names.map((name, i) => f(name, i + 1)).join('');
  const part = (text: string): Uint8Array =>
    strToU8(`<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n${text}`);
  const files: Record<string, Uint8Array> = {
    '[Content_Types].xml': part(
      `<Types xmlns="${PACKAGE}/content-types"><Default Extension="xml" ContentType="application/xml"/></Types>`,
    ),
    '_rels/.rels': part(
      `<Relationships xmlns="${PACKAGE}/relationships"><Relationship Id="rId1" Type="${REL}/officeDocument" Target="xl/workbook.xml"/></Relationships>`,
    ),
    'xl/workbook.xml': part(
      `<workbook xmlns="${MAIN}" xmlns:r="${REL}"><sheets>${each((name, n) => `<sheet name="${escape(name)}" sheetId="${n}" r:id="rId${n}"/>`)}</sheets></workbook>`,
    ),
    'xl/_rels/workbook.xml.rels': part(
      `<Relationships xmlns="${PACKAGE}/relationships">${each((_, n) => `<Relationship Id="rId${n}" Type="${REL}/worksheet" Target="worksheets/sheet${n}.xml"/>`)}<Relationship Id="rId90" Type="${REL}/styles" Target="styles.xml"/><Relationship Id="rId91" Type="${REL}/sharedStrings" Target="sharedStrings.xml"/></Relationships>`,
    ),
    'xl/styles.xml': part(
      `<styleSheet xmlns="${MAIN}"><cellXfs count="3"><xf numFmtId="0"/><xf numFmtId="14" applyNumberFormat="1"/><xf numFmtId="21" applyNumberFormat="1"/></cellXfs></styleSheet>`,
    ),
    'xl/sharedStrings.xml': part(
      `<sst xmlns="${MAIN}">${shared.map((s) => `<si><t xml:space="preserve">${escape(s)}</t></si>`).join('')}</sst>`,
    ),
  };
  names.forEach((name, i) => {
    files[`xl/worksheets/sheet${i + 1}.xml`] = part(
      `<worksheet xmlns="${MAIN}"><sheetData>${sheets[name] ?? ''}</sheetData></worksheet>`,
    );
  });
  return zipSync(files, { level: compress ? 6 : 0 }).slice().buffer;
}

const text = (at: string, s: string): string =>
  `<c r="${at}" t="inlineStr"><is><t xml:space="preserve">${escape(s)}</t></is></c>`;
const row = (n: number, ...cells: string[]): string => `<row r="${n}">${cells.join('')}</row>`;
const csvOf = async (cells: string, shared?: string[]): Promise<string> =>
  (await readWorkbook(xlsx({ Hoja1: cells }, shared)))[0]?.csv ?? '';
const problemOf = async (pending: Promise<unknown>): Promise<string> =>
  pending.then(
    () => 'none',
    (e: unknown) => (e instanceof XlsxError ? e.problem : String(e)),
  );

describe('readWorkbook', () => {
  it('keeps texts as they are: accents, quotes, commas, line breaks, blanks around', async () => {
    const transcript = 'Vendedor: ¿Cuántas?\nCliente: "Ocho", dijo la señora Núñez 👍';
    expect(await csvOf(row(1, '<c r="A1" t="s"><v>0</v></c>', text('B1', ' b ')), [transcript])).toBe(
      `"Vendedor: ¿Cuántas?\nCliente: ""Ocho"", dijo la señora Núñez 👍", b \r\n`,
    );
  });

  it('writes dates without a zone, days before 1900-03-01 included, and times alone as times', async () => {
    const cells =
      row(1, text('A1', 'x')) +
      row(2, '<c r="A2" s="1"><v>45356</v></c>') + // 2024-03-05
      row(3, '<c r="A3" s="1"><v>45356.9999</v></c>') +
      row(4, '<c r="A4" s="2"><v>0.4375</v></c>') +
      row(5, '<c r="A5" t="d"><v>2021-06-10T00:00:00.000Z</v></c>');
    expect(await csvOf(cells)).toBe('x\r\n2024-03-05\r\n2024-03-05\r\n10:30:00\r\n2021-06-10\r\n');
  });

  it('writes numbers as digits and bools as words', async () => {
    const cells = row(
      1,
      '<c r="A1"><v>56912345678</v></c>',
      '<c r="B1"><v>5.6912345678E10</v></c>',
      '<c r="C1"><v>0.30000000000000004</v></c>',
      '<c r="D1" t="b"><v>1</v></c>',
      '<c r="E1" t="b"><v>0</v></c>',
    );
    expect(await csvOf(cells)).toBe('56912345678,56912345678,0.3,true,false\r\n');
  });

  it('takes the last result of a formula, and its absence for an empty cell', async () => {
    const cells = row(
      1,
      '<c r="A1"><f>1+1</f><v>2</v></c>',
      '<c r="B1" t="str"><f>A2&amp;"b"</f><v>ab</v></c>',
      '<c r="C1" s="1"><f>TODAY()</f><v>45356</v></c>',
      '<c r="D1"><f>NOW()</f></c>',
      text('E1', 'z'),
    );
    expect(await csvOf(cells)).toBe('2,ab,2024-03-05,,z\r\n');
  });

  it('takes a cell that holds an error for an empty one', async () => {
    const cells = row(
      1,
      '<c r="A1" t="e"><f>1/0</f><v>#DIV/0!</v></c>',
      '<c r="B1" t="str"><f>A2</f></c>',
      text('C1', 'z'),
    );
    expect(await csvOf(cells)).toBe(',,z\r\n');
  });

  it('leaves a text that begins with = a text', async () => {
    expect(await csvOf(row(1, text('A1', '=HYPERLINK("http://x")')))).toBe('"=HYPERLINK(""http://x"")"\r\n');
  });

  it('skips empty rows around the table and keeps those within as rows', async () => {
    const cells =
      row(3, text('A3', 'Nombre'), text('B3', 'Fecha')) + row(5, text('B5', 'b')) + row(9, text('A9', ' '));
    const [sheet] = await readWorkbook(xlsx({ Hoja1: cells }));
    expect(sheet).toEqual({ name: 'Hoja1', rows: 2, csv: 'Nombre,Fecha\r\n,\r\n,b\r\n' });
  });

  it('gives every sheet that holds something, in order', async () => {
    const sheets = await readWorkbook(
      xlsx({
        Vacía: '',
        Reuniones: row(1, text('A1', 'a')),
        'R & D': row(1, text('A1', 'b')) + row(2, text('A2', 'c')),
      }),
    );
    expect(sheets.map((s) => [s.name, s.rows])).toEqual([
      ['Reuniones', 0],
      ['R & D', 1],
    ]);
  });

  it('reads a part of more than 320 kB, for which the library alone would start a worker from a blob', async () => {
    const many = Array.from({ length: 4000 }, (_, i) =>
      row(i + 1, text(`A${i + 1}`, `row ${i} ${'x'.repeat(100)}`)),
    ).join('');
    expect((await csvOf(many)).split('\r\n')).toHaveLength(4001);
  });

  it('refuses what is none, what is cut off and what holds nothing', async () => {
    const good = xlsx({ Hoja1: row(1, text('A1', 'a')) });
    expect(await problemOf(readWorkbook(strToU8('Nombre,Fecha\n').slice().buffer))).toBe('xlsx_unreadable');
    expect(await problemOf(readWorkbook(good.slice(0, good.byteLength - 40)))).toBe('xlsx_unreadable');
    expect(await problemOf(readWorkbook(zipSync({ 'a.xml': strToU8('<a/>') }).slice().buffer))).toBe(
      'xlsx_unreadable',
    );
    expect(await problemOf(readWorkbook(xlsx({ Hoja1: '' })))).toBe('xlsx_empty');
  });

  it('refuses what is too large: the file, its rows, what it unpacks to', async () => {
    const limits = { bytes: 1e6, rows: 3, unpacked: 1e6 };
    const rows = (n: number): string =>
      Array.from({ length: n }, (_, i) => row(i + 1, text(`A${i + 1}`, 'a'))).join('');
    expect(await problemOf(readWorkbook(xlsx({ Hoja1: rows(4) }), limits))).toBe('none'); // a header and three
    expect(await problemOf(readWorkbook(xlsx({ Hoja1: rows(5) }), limits))).toBe('xlsx_too_many_rows');
    expect(await problemOf(readWorkbook(xlsx({ Hoja1: rows(1) }), { ...limits, bytes: 10 }))).toBe(
      'xlsx_too_large',
    );
    const bomb = xlsx({ Hoja1: row(1, text('A1', 'a'.repeat(2e6))) });
    expect(bomb.byteLength).toBeLessThan(20_000);
    expect(await problemOf(readWorkbook(bomb, limits))).toBe('xlsx_too_large');
  });
});

describe('numberText', () => {
  it.each([
    ['1', '1'],
    ['-0.5', '-0.5'],
    ['1E-7', '0.0000001'],
    ['1.5E+21', '1500000000000000000000'],
    ['9007199254740993', '9007199254740990'], // Excel keeps fifteen digits
    ['abc', 'abc'],
  ])('%s: %s', (raw, want) => expect(numberText(raw)).toBe(want));
});

describe('csvRecord', () => {
  it.each([
    [['a', 'b'], 'a,b\r\n'],
    [['a,b', 'say "x"', 'two\nlines'], '"a,b","say ""x""","two\nlines"\r\n'],
    [['', ''], ',\r\n'],
    [[''], '""\r\n'],
  ])('%j', (cells, want) => expect(csvRecord(cells)).toBe(want));
});
