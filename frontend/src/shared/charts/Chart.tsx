// SPDX-License-Identifier: MIT
// The one place that touches ECharts. It draws when it comes into view, follows its box, and cleans up after itself.
// Loaded lazily: nothing of ECharts is in the first script.
import { BarChart, PieChart } from 'echarts/charts';
import { GridComponent, LegendComponent, TooltipComponent } from 'echarts/components';
import { init, use as register, type EChartsType } from 'echarts/core';
import { CanvasRenderer } from 'echarts/renderers';
import { useEffect, useEffectEvent, useRef, useState, type ReactNode } from 'react';
import type { ChartOption } from './options';

register([BarChart, PieChart, GridComponent, LegendComponent, TooltipComponent, CanvasRenderer]);

export interface ChartProps {
  /** Built from the width that was measured, so that a phone gets its own layout. */
  build: (width: number) => ChartOption;
  height: (width: number) => number;
  /** What a screen reader says; the numbers are in the table beside. */
  label: string;
  onSelect?: (dataIndex: number) => void;
}

export default function Chart({ build, height, label, onSelect }: ChartProps): ReactNode {
  const box = useRef<HTMLDivElement>(null);
  const chart = useRef<EChartsType | null>(null);
  const [width, setWidth] = useState(0);
  const [visible, setVisible] = useState(false);

  useEffect(() => {
    const el = box.current;
    if (!el) return;
    const resized = new ResizeObserver(([entry]) => setWidth(Math.round(entry?.contentRect.width ?? 0)));
    const seen = new IntersectionObserver(
      ([entry]) => {
        if (entry?.isIntersecting) setVisible(true);
      },
      { rootMargin: '200px' },
    );
    resized.observe(el);
    seen.observe(el);
    return () => {
      resized.disconnect();
      seen.disconnect();
    };
  }, []);

  const selected = useEffectEvent((dataIndex: number) => onSelect?.(dataIndex));

  const ready = visible && width > 0;
  useEffect(() => {
    if (!ready || !box.current) return;
    const made = init(box.current, null, { renderer: 'canvas' });
    chart.current = made;
    made.on('click', (event) => selected(event.dataIndex));
    return () => {
      chart.current = null;
      made.dispose();
    };
  }, [ready]);

  const tall = width > 0 ? height(width) : 300;
  useEffect(() => {
    const made = chart.current;
    if (!ready || !made) return;
    const draw = (): void => {
      if (made.isDisposed()) return;
      made.resize({ width, height: tall });
      made.setOption(build(width), { notMerge: true });
    };
    draw();
    // Text measured before the font arrived is measured wrong.
    if (document.fonts.status !== 'loaded') void document.fonts.ready.then(draw);
  }, [ready, build, width, tall]);

  return <div ref={box} role="img" aria-label={label} style={{ width: '100%', height: tall }} />;
}
