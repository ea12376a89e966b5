// SPDX-License-Identifier: MIT
// Colours of the series. Each stands out from its background by 3:1 or more (palette.test.ts), neighbours differ in
// lightness as well as hue, and one value keeps its colour wherever it appears on a page.

export interface ChartTheme {
  readonly dark: boolean;
  readonly text: string;
  readonly muted: string;
  readonly line: string;
  readonly card: string;
  readonly tooltip: string;
  readonly series: readonly string[];
  /** What is not the point: "not closed", "no data", the rest. */
  readonly quiet: string;
  readonly missing: string;
  readonly font: string;
}

const font = '"Inter Variable", Inter, system-ui, sans-serif';

export const lightTheme: ChartTheme = {
  dark: false,
  text: '#171a23',
  muted: '#586074',
  line: '#e4e7ef',
  card: '#ffffff',
  tooltip: '#ffffff',
  series: [
    '#4f46e5',
    '#0d8f83',
    '#d9730d',
    '#c2268d',
    '#0b84c9',
    '#5b8c0c',
    '#8b3fe0',
    '#d1323b',
    '#7a6a00',
    '#14788f',
    '#a0522d',
    '#5a6b8c',
  ],
  quiet: '#8791a5',
  missing: '#8d8a99',
  font,
};

export const darkTheme: ChartTheme = {
  dark: true,
  text: '#e6e8ee',
  muted: '#a3abbd',
  line: '#2c3343',
  card: '#1a1f2b',
  tooltip: '#262c3a',
  series: [
    '#8a8ff8',
    '#2cc9b5',
    '#f5a34a',
    '#f078bd',
    '#4cb8f0',
    '#a4d242',
    '#c08cf7',
    '#f77e80',
    '#d9c53c',
    '#5fc6d9',
    '#d99a76',
    '#9fb0cf',
  ],
  quiet: '#78839a',
  missing: '#7f8494',
  font,
};

export const themeFor = (dark: boolean): ChartTheme => (dark ? darkTheme : lightTheme);

/** The colour of the i-th category. */
export function seriesColor(theme: ChartTheme, i: number): string {
  return theme.series[i % theme.series.length] ?? theme.quiet;
}

/** Colours for the series of a split: yes in the first colour, no in the quiet one, missing in grey. */
export function splitColors(theme: ChartTheme, keys: readonly (string | null)[]): string[] {
  const yesNo = keys.some((k) => k === 'true' || k === 'false');
  let next = 0;
  return keys.map((key) => {
    if (key === null) return theme.missing;
    if (yesNo && key === 'false') return theme.quiet;
    return seriesColor(theme, next++);
  });
}
