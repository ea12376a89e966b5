// SPDX-License-Identifier: MIT
// Colours, shapes and type. Mantine's own dimmed text, filled indigo and light badges miss WCAG AA: the tokens here do not.
import { createTheme, type CSSVariablesResolver, type MantineColorsTuple } from '@mantine/core';

const brand: MantineColorsTuple = [
  '#eef2ff',
  '#e0e7ff',
  '#c7d2fe',
  '#a5b4fc',
  '#818cf8',
  '#6366f1',
  '#4f46e5',
  '#4338ca',
  '#3730a3',
  '#312e81',
];

/** Cooler than Mantine's greys; 0 is text, 7 the page, 6 a card. */
const dark: MantineColorsTuple = [
  '#e6e8ee',
  '#b9bfcc',
  '#9aa2b4',
  '#6b7386',
  '#2f3646',
  '#262c3a',
  '#1a1f2b',
  '#11151e',
  '#0c0f16',
  '#07090e',
];

const sans =
  '"Inter Variable", Inter, system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif';

export const theme = createTheme({
  colors: { brand, dark },
  primaryColor: 'brand',
  primaryShade: 6,
  fontFamily: sans,
  headings: { fontFamily: sans, fontWeight: '650' },
  defaultRadius: 'md',
  cursorType: 'pointer',
  focusRing: 'auto',
  components: {
    Card: { defaultProps: { withBorder: true, padding: 'lg', radius: 'lg' } },
    Menu: { defaultProps: { shadow: 'md', radius: 'md' } },
    Tooltip: { defaultProps: { withArrow: true, openDelay: 300 } },
  },
});

export const cssVariables: CSSVariablesResolver = () => ({
  variables: {},
  light: {
    '--mantine-color-body': '#f6f7fb',
    '--mantine-color-text': '#171a23',
    '--mantine-color-dimmed': '#586074',
    '--mantine-color-placeholder': '#667085',
    '--mantine-color-error': '#c01c28',
    '--mantine-color-anchor': '#4338ca',
    '--mantine-color-default-border': '#dfe3ec',
    '--mantine-color-brand-light': '#eceeff',
    '--mantine-color-brand-light-hover': '#e0e4ff',
    '--mantine-color-brand-light-color': '#3730a3',
    '--mantine-color-gray-light': '#eceef3',
    '--mantine-color-gray-light-color': '#434a5c',
    '--mantine-color-green-light': '#dcf5e7',
    '--mantine-color-green-light-color': '#11603a',
    '--mantine-color-red-light': '#fde8e8',
    '--mantine-color-red-light-color': '#a3161f',
    '--mantine-color-yellow-light': '#fdf0d0',
    '--mantine-color-yellow-light-color': '#7a4504',
    '--cm-card': '#ffffff',
    '--cm-line': '#e4e7ef',
    '--cm-mark': '#fff0b8',
    '--cm-mark-on': '#ffd95a',
    '--cm-good': '#0f766e',
    '--cm-shadow': '0 1px 2px rgb(20 24 40 / 5%), 0 4px 16px -8px rgb(20 24 40 / 10%)',
  },
  dark: {
    '--mantine-color-body': '#11151e',
    '--mantine-color-text': '#e6e8ee',
    '--mantine-color-dimmed': '#a3abbd',
    '--mantine-color-placeholder': '#98a1b5',
    '--mantine-color-error': '#ff8a8a',
    '--mantine-color-anchor': '#a5b4fc',
    '--mantine-color-default': '#1f2533',
    '--mantine-color-default-hover': '#272e3f',
    '--mantine-color-default-border': '#343c4f',
    '--mantine-color-brand-light': '#272b5c',
    '--mantine-color-brand-light-hover': '#2f3470',
    '--mantine-color-brand-light-color': '#c7d2fe',
    '--mantine-color-gray-light': '#2a3140',
    '--mantine-color-gray-light-color': '#c9cfdb',
    '--mantine-color-green-light': '#123a2b',
    '--mantine-color-green-light-color': '#8ee6bb',
    '--mantine-color-red-light': '#45191f',
    '--mantine-color-red-light-color': '#ffb3b3',
    '--mantine-color-yellow-light': '#40300c',
    '--mantine-color-yellow-light-color': '#ffd98a',
    '--cm-card': '#1a1f2b',
    '--cm-line': '#2a3140',
    '--cm-mark': '#4a3f12',
    '--cm-mark-on': '#80690f',
    '--cm-good': '#2dd4bf',
    '--cm-shadow': 'none',
  },
});
