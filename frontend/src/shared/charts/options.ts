// SPDX-License-Identifier: MIT
// Pure functions from a model to what ECharts draws. No state, no DOM: everything a chart depends on is an argument.
import type { BarSeriesOption, PieSeriesOption } from 'echarts/charts';
import type { GridComponentOption, LegendComponentOption, TooltipComponentOption } from 'echarts/components';
import type { ComposeOption } from 'echarts/core';
import type { Formats } from '@/shared/format/format';
import type { ChartModel, ModelCategory } from './model';
import type { ChartTheme } from './palette';

export type ChartOption = ComposeOption<
  BarSeriesOption | PieSeriesOption | GridComponentOption | LegendComponentOption | TooltipComponentOption
>;

export interface DrawContext {
  readonly theme: ChartTheme;
  readonly formats: Formats;
  /** Width of the canvas in CSS pixels: decides which way the bars lie and how much text fits. */
  readonly width: number;
  readonly animate: boolean;
  /** The word for the sum of a stack. */
  readonly totalLabel: string;
}

/** More slices than this cannot be told apart: the smallest join in one, and the table still lists each.
 * Twelve colours and the missing value: the longest list of options that every tenant has. */
export const MAX_SLICES = 13;
/** More bars than this are no picture any more; the table has the rest. Time is never cut. */
export const MAX_BARS = 20;
/** Below this width of a bar's place its number would touch the next one's. */
const NUMBER_PX = 26;
const AXIS_FONT = 12;
/** Average glyph of the axis font, as a share of its size; enough to reserve room. */
const GLYPH = 0.56;
const LABEL_MAX_PX = 168;

const textWidth = (s: string): number => s.length * AXIS_FONT * GLYPH;

/** The categories that are drawn as bars. */
export const drawnBars = (model: ChartModel): readonly ModelCategory[] =>
  model.ordered ? model.categories : model.categories.slice(0, MAX_BARS);

const roomFor = (model: ChartModel, width: number): number =>
  (width - 56) / Math.max(1, drawnBars(model).length);

/** Bars lie down when their names would collide standing up. Time always runs from left to right. */
export function barsLieDown(model: ChartModel, width: number): boolean {
  if (model.ordered) return false;
  const widest = Math.max(0, ...drawnBars(model).map((c) => textWidth(c.label)));
  return widest > roomFor(model, width) - 6;
}

/** How tall the bars want their chart. */
export function barHeight(model: ChartModel, width: number): number {
  if (!barsLieDown(model, width)) return 340;
  return Math.max(220, drawnBars(model).length * 32 + 60);
}

export function ellipsis(label: string, maxPx: number): string {
  const fit = Math.max(3, Math.floor(maxPx / (AXIS_FONT * GLYPH)));
  return label.length <= fit ? label : `${label.slice(0, fit - 1).trimEnd()}…`;
}

function base({ theme, animate }: DrawContext): ChartOption {
  return {
    animation: animate,
    animationDuration: 350,
    textStyle: { fontFamily: theme.font, color: theme.muted },
    tooltip: {
      // HTML tooltips write style attributes, which the policy refuses on every hover.
      renderMode: 'richText',
      confine: true,
      backgroundColor: theme.tooltip,
      borderColor: theme.line,
      borderWidth: 1,
      padding: [8, 12],
      textStyle: { color: theme.text, fontFamily: theme.font, fontSize: 13, lineHeight: 20 },
    },
  };
}

/** ECharts reads `{name|text}` as a style: a label that contains braces must not become one. */
const literal = (s: string): string => s.replaceAll('{', '(').replaceAll('}', ')').replaceAll('|', '/');

export function tooltipText(
  model: ChartModel,
  at: ModelCategory,
  formats: Formats,
  totalLabel: string,
): string {
  const lines = [literal(at.label)];
  if (model.series.length > 0) {
    model.series.forEach((s, i) => lines.push(`${literal(s.label)}: ${formats.decimal(at.parts[i] ?? 0)}`));
  }
  const share = model.total > 0 ? ` (${formats.percent(at.value / model.total)})` : '';
  const sum = `${formats.decimal(at.value)}${share}`;
  lines.push(model.series.length > 0 ? `${totalLabel}: ${sum}` : sum);
  return lines.join('\n');
}

export function barOption(model: ChartModel, context: DrawContext): ChartOption {
  const { theme, formats, width } = context;
  const down = barsLieDown(model, width);
  const split = model.series.length > 0;
  const compact = width < 420;
  const bars = drawnBars(model);
  const numbered = down || roomFor(model, width) >= NUMBER_PX;

  const names = {
    type: 'category' as const,
    data: bars.map((c) => c.label),
    // Lying bars are read from above; ECharts counts from below.
    inverse: down,
    axisTick: { show: false },
    axisLine: { lineStyle: { color: theme.line } },
    axisLabel: {
      color: theme.muted,
      fontSize: AXIS_FONT,
      // Of days some names may be dropped; of anything else none: they are cut instead.
      ...(model.ordered ? { hideOverlap: true } : { interval: 0 }),
      formatter: (label: string) => ellipsis(label, down ? (compact ? 108 : LABEL_MAX_PX) : Infinity),
    },
  };
  const numbers = {
    type: 'value' as const,
    minInterval: 1,
    splitNumber: compact ? 3 : 5,
    axisLabel: { color: theme.muted, fontSize: AXIS_FONT, formatter: (n: number) => formats.int(n) },
    splitLine: { lineStyle: { color: theme.line, type: 'dashed' as const } },
  };

  const dots = split
    ? model.series
    : [{ key: null, label: model.title, color: theme.series[0] ?? theme.quiet }];
  const last = dots.length - 1;
  const round: [number, number, number, number] = down ? [0, 4, 4, 0] : [4, 4, 0, 0];

  return {
    ...base(context),
    grid: {
      left: 4,
      right: down ? 44 : 8,
      top: split ? 40 : 22,
      bottom: 4,
      outerBoundsMode: 'same',
      outerBoundsContain: 'axisLabel',
    },
    legend: split
      ? {
          top: 0,
          left: 0,
          icon: 'roundRect',
          itemWidth: 12,
          itemHeight: 12,
          itemGap: 16,
          textStyle: { color: theme.text, fontFamily: theme.font, fontSize: 13 },
          formatter: (name: string) => ellipsis(name, 180),
        }
      : { show: false },
    xAxis: down ? numbers : names,
    yAxis: down ? names : numbers,
    tooltip: {
      ...(base(context).tooltip as TooltipComponentOption),
      trigger: 'axis',
      axisPointer: {
        type: 'shadow',
        shadowStyle: { color: theme.dark ? 'rgba(255,255,255,0.05)' : 'rgba(79,70,229,0.06)' },
      },
      formatter: (params) => {
        const at = bars[Array.isArray(params) ? (params[0]?.dataIndex ?? -1) : params.dataIndex];
        return at ? tooltipText(model, at, formats, context.totalLabel) : '';
      },
    },
    series: dots.map((s, i): BarSeriesOption => ({
      type: 'bar',
      name: s.label,
      stack: 'all',
      barMaxWidth: down ? 22 : 54,
      barCategoryGap: '32%',
      color: s.color,
      emphasis: { focus: 'none', itemStyle: { opacity: 0.88 } },
      itemStyle: { borderRadius: i === last ? round : 0 },
      data: bars.map((c) => (split ? (c.parts[i] ?? 0) : c.value)),
      ...(i === last && numbered
        ? {
            label: {
              show: true,
              position: down ? ('right' as const) : ('top' as const),
              color: theme.text,
              fontWeight: 600,
              fontSize: 12,
              // The total of the stack, not of its last part.
              formatter: ({ dataIndex }: { dataIndex: number }) => {
                const at = bars[dataIndex];
                return at ? formats.decimal(at.value) : '';
              },
            },
          }
        : {}),
    })),
  };
}

export interface Slice {
  readonly label: string;
  readonly value: number;
  readonly color: string;
  /** Index in the model's categories; -1 for the joined rest. */
  readonly index: number;
}

/** The slices to draw: at most MAX_SLICES, the tail joined in one. `restLabel` gets how many it holds. */
export function pieSlices(model: ChartModel, theme: ChartTheme, restLabel: (n: number) => string): Slice[] {
  const all = model.categories.map((c, index) => ({ label: c.label, value: c.value, color: c.color, index }));
  if (all.length <= MAX_SLICES) return all;
  const head = all.slice(0, MAX_SLICES - 1);
  const tail = all.slice(MAX_SLICES - 1);
  const value = tail.reduce((sum, s) => sum + s.value, 0);
  return [...head, { label: restLabel(tail.length), value, color: theme.quiet, index: -1 }];
}

export function pieOption(
  model: ChartModel,
  context: DrawContext,
  restLabel: (n: number) => string,
): ChartOption {
  const { theme, formats } = context;
  const slices = pieSlices(model, theme, restLabel);
  return {
    ...base(context),
    tooltip: {
      ...(base(context).tooltip as TooltipComponentOption),
      trigger: 'item',
      formatter: (params) => {
        const slice = slices[Array.isArray(params) ? -1 : params.dataIndex];
        if (!slice) return '';
        const at = model.categories[slice.index];
        if (at) return tooltipText(model, at, formats, context.totalLabel);
        const share = model.total > 0 ? ` (${formats.percent(slice.value / model.total)})` : '';
        return `${literal(slice.label)}\n${formats.decimal(slice.value)}${share}`;
      },
    },
    series: [
      {
        type: 'pie',
        name: model.title,
        radius: ['62%', '94%'],
        center: ['50%', '50%'],
        startAngle: 90,
        padAngle: slices.length > 1 ? 1.5 : 0,
        minAngle: 2,
        itemStyle: { borderRadius: 4 },
        label: { show: false },
        labelLine: { show: false },
        emphasis: { scaleSize: 4 },
        data: slices.map((s) => ({ name: s.label, value: s.value, itemStyle: { color: s.color } })),
      },
    ],
  };
}

/** The model with the joined tail in the colour of the slice that stands for it, so that the table agrees. */
export function quietTail(model: ChartModel, theme: ChartTheme): ChartModel {
  if (model.categories.length <= MAX_SLICES) return model;
  const categories = model.categories.map((c, i) => (i < MAX_SLICES - 1 ? c : { ...c, color: theme.quiet }));
  return { ...model, categories };
}
