// SPDX-License-Identifier: MIT
import { describe, expect, it } from 'vitest';
import { darkTheme, lightTheme, splitColors } from './palette';

function luminance(hex: string): number {
  const channel = (at: number): number => {
    const c = parseInt(hex.slice(at, at + 2), 16) / 255;
    return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  };
  return 0.2126 * channel(1) + 0.7152 * channel(3) + 0.0722 * channel(5);
}

function contrast(a: string, b: string): number {
  const [hi, lo] = [luminance(a), luminance(b)].sort((x, y) => y - x) as [number, number];
  return (hi + 0.05) / (lo + 0.05);
}

describe.each([lightTheme, darkTheme])('palette (dark: $dark)', (theme) => {
  it.each([...theme.series, theme.quiet, theme.missing])('%s stands out from the card', (colour) => {
    expect(contrast(colour, theme.card)).toBeGreaterThanOrEqual(3);
  });

  it('writes text that is easy to read', () => {
    expect(contrast(theme.text, theme.card)).toBeGreaterThanOrEqual(7);
    expect(contrast(theme.muted, theme.card)).toBeGreaterThanOrEqual(4.5);
    expect(contrast(theme.text, theme.tooltip)).toBeGreaterThanOrEqual(7);
  });

  it('has no colour twice', () => {
    expect(new Set(theme.series).size).toBe(theme.series.length);
  });
});

describe('splitColors', () => {
  it('gives yes the first colour and no the quiet one, in whatever order they come', () => {
    const t = lightTheme;
    expect(splitColors(t, ['true', 'false'])).toEqual([t.series[0], t.quiet]);
    expect(splitColors(t, ['false', 'true', null])).toEqual([t.quiet, t.series[0], t.missing]);
    expect(splitColors(t, ['a', 'b'])).toEqual([t.series[0], t.series[1]]);
  });
});
