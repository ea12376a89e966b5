// SPDX-License-Identifier: MIT
// One page with two charts of the tenant's meetings. The address holds everything that was chosen.
import { Alert, NativeSelect, SimpleGrid, Skeleton, Text, useComputedColorScheme } from '@mantine/core';
import { getRouteApi } from '@tanstack/react-router';
import { useCallback, useMemo, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { fieldLabel, findField, fits, useFields, type Slot } from '@/shared/api/fields';
import { openJobs, useJobs } from '@/shared/api/jobs';
import type { ChartData, ChartSpec, Field } from '@/shared/api/types';
import { buildModel, type ChartModel } from '@/shared/charts/model';
import {
  barHeight,
  barOption,
  pieOption,
  pieSlices,
  quietTail,
  type ChartOption,
  type DrawContext,
} from '@/shared/charts/options';
import { seriesColor, splitColors, themeFor } from '@/shared/charts/palette';
import { useFormats, useLanguage } from '@/shared/format/useFormats';
import { may, useSession } from '@/shared/session/session';
import { IconInfo } from '@/shared/ui/icons';
import { ButtonLink } from '@/shared/ui/links';
import { PageHeader } from '@/shared/ui/PageHeader';
import { EmptyState, FailedState } from '@/shared/ui/states';
import { useChartData, useReadCount } from './api';
import { ChartCard } from './ChartCard';
import classes from './Dashboard.module.css';
import { FilterBar } from './FilterBar';
import {
  DEFAULTS,
  NO_SPLIT,
  TIME_GROUPS,
  datesWrong,
  filterTree,
  isArrayField,
  isFiltered,
  keyToValue,
  toggleValue,
  type DashboardSearch,
} from './filters';
import { categoryLabel, type Naming } from './labels';

const route = getRouteApi('/dashboard');

/** Both charts and the numbers on top count meetings. */
const COUNT = { y_axis: 'count', aggregation: 'count' } as const;
const OUTCOMES: ChartSpec = { chart_type: 'pie', group_by: 'closed', ...COUNT };
const SELLERS: ChartSpec = { chart_type: 'pie', group_by: 'sales_rep', ...COUNT };
const PIE_PX = 220;

type Patch = { [K in keyof DashboardSearch]?: DashboardSearch[K] | undefined };

/** A copy without the keys that were unset, so that they leave the address too. */
function patched(search: DashboardSearch, patch: Patch): DashboardSearch {
  return Object.fromEntries(Object.entries({ ...search, ...patch }).filter(([, v]) => v !== undefined));
}

interface KpiProps {
  label: string;
  value: string | null;
  hint?: string;
  name: string;
}

function Kpi({ label, value, hint, name }: KpiProps): ReactNode {
  return (
    <div className={classes.kpi} data-kpi={name}>
      <Text size="sm" c="dimmed">
        {label}
      </Text>
      {value === null ? (
        <Skeleton height={34} width={84} mt={4} />
      ) : (
        <Text className={classes.kpiValue} data-value>
          {value}
        </Text>
      )}
      {hint && (
        <Text size="xs" c="dimmed">
          {hint}
        </Text>
      )}
    </div>
  );
}

interface FieldPickerProps {
  label: string;
  value: string;
  slot: Slot;
  none?: string;
  onChange: (name: string) => void;
  fields: readonly Field[] | undefined;
}

function FieldPicker({ label, value, slot, none, onChange, fields }: FieldPickerProps): ReactNode {
  const language = useLanguage();
  const usable = (fields ?? []).filter((f) => fits(f, slot));
  const options = usable
    .map((f) => ({ value: f.name, label: f.labels[language] }))
    .sort((a, b) => a.label.localeCompare(b.label, language));
  // The address may name a field that this tenant lacks: show it rather than something that is not in force.
  if (value !== NO_SPLIT && !options.some((o) => o.value === value)) {
    options.unshift({ value, label: fieldLabel(findField(fields, value), language, value) });
  }
  return (
    <NativeSelect
      size="xs"
      label={label}
      value={value}
      onChange={(e) => onChange(e.currentTarget.value)}
      data={none === undefined ? options : [{ value: NO_SPLIT, label: none }, ...options]}
    />
  );
}

export function DashboardPage(): ReactNode {
  const { t } = useTranslation();
  const language = useLanguage();
  const formats = useFormats();
  const { me } = useSession();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const dark = useComputedColorScheme('light', { getInitialValueInEffect: false }) === 'dark';
  const theme = themeFor(dark);
  const { data: fields } = useFields();
  const { data: jobs } = useJobs();

  const reading = jobs !== undefined && openJobs(jobs) > 0;
  const naming = useMemo<Naming>(() => ({ t, language, formats }), [t, language, formats]);
  const change = useCallback(
    // Each choice is a step in the history: Back undoes it.
    (patch: Patch) => void navigate({ search: (s) => patched(s, patch), resetScroll: false }),
    [navigate],
  );

  const wrong = datesWrong(search);
  const filter = useMemo(
    () => filterTree(wrong ? patched(search, { from: undefined, to: undefined }) : search, fields),
    [search, fields, wrong],
  );

  const bar = search.bar ?? DEFAULTS.bar;
  const by = search.by ?? (bar === DEFAULTS.by ? NO_SPLIT : DEFAULTS.by);
  const time = search.time ?? DEFAULTS.time;
  const pie = search.pie ?? DEFAULTS.pie;
  const barField = findField(fields, bar);
  const byField = findField(fields, by);
  const pieField = findField(fields, pie);
  const timed = barField?.type === 'date';

  const barSpec = useMemo<ChartSpec>(
    () => ({
      chart_type: 'bar',
      x_axis: bar,
      ...COUNT,
      ...(by !== NO_SPLIT ? { group_by: by } : {}),
      ...(timed ? { time_group: time } : {}),
    }),
    [bar, by, time, timed],
  );
  const pieSpec = useMemo<ChartSpec>(() => ({ chart_type: 'pie', group_by: pie, ...COUNT }), [pie]);

  // The type of a field decides the question, so the fields come first.
  const ready = fields !== undefined;
  const outcomes = useChartData(OUTCOMES, filter, { reading, enabled: ready });
  const read = useReadCount(filter, { reading, enabled: ready });
  const bars = useChartData(barSpec, filter, { reading, enabled: ready });
  const slices = useChartData(pieSpec, filter, { reading, enabled: ready });
  const sellers = useChartData(SELLERS, undefined, { reading: false });

  const model = useCallback(
    (
      title: string,
      data: ChartData,
      field: Field | undefined,
      split: Field | undefined,
      bucket?: typeof time,
    ) =>
      buildModel(
        title,
        data,
        {
          category: (key, label) => categoryLabel(naming, field, key, label, bucket),
          series: (key, label) => categoryLabel(naming, split, key, label),
        },
        {
          category: (i, key) => {
            if (i < 0) return theme.missing;
            return field?.type === 'bool' && String(key) === 'false' ? theme.quiet : seriesColor(theme, i);
          },
          series: (keys) => splitColors(theme, keys),
        },
        field?.type === 'date',
      ),
    [naming, theme],
  );

  const barTitle = t('dashboard.bar_title', {
    field: fieldLabel(barField, language, bar).toLocaleLowerCase(language),
  });
  const pieTitle = t('dashboard.pie_title', {
    field: fieldLabel(pieField, language, pie).toLocaleLowerCase(language),
  });
  const barModel = useMemo(
    () => (bars.data ? model(barTitle, bars.data, barField, byField, timed ? time : undefined) : undefined),
    [bars.data, model, barTitle, barField, byField, timed, time],
  );
  const pieModel = useMemo(
    () => (slices.data ? quietTail(model(pieTitle, slices.data, pieField, undefined), theme) : undefined),
    [slices.data, model, pieTitle, pieField, theme],
  );

  const draw = useCallback(
    (width: number): DrawContext => ({
      theme,
      formats,
      width,
      totalLabel: t('dashboard.table_total'),
      animate: !window.matchMedia('(prefers-reduced-motion: reduce)').matches,
    }),
    [theme, formats, t],
  );
  const restLabel = useCallback(
    (n: number) => t('dashboard.rest', { count: n, n: formats.int(n) }),
    [t, formats],
  );
  const buildBar = useCallback(
    (width: number): ChartOption => (barModel ? barOption(barModel, draw(width)) : {}),
    [barModel, draw],
  );
  const buildPie = useCallback(
    (width: number): ChartOption => (pieModel ? pieOption(pieModel, draw(width), restLabel) : {}),
    [pieModel, draw, restLabel],
  );

  // A bucket of dates is a range, not a value: nothing to filter by.
  const narrow = (field: Field | undefined, name: string, m: ChartModel | undefined) =>
    field?.type === 'date'
      ? undefined
      : (index: number) => {
          const at = m?.categories[index];
          if (at) change({ where: toggleValue(search.where, name, keyToValue(at.key, field)) });
        };

  const total = outcomes.data?.metadata.records;
  const closed = outcomes.data?.data.find((p) => String(p.key) === 'true')?.count ?? 0;
  const filtered = isFiltered(search);
  const sellerNames = (sellers.data?.data ?? []).map((p) => p.key).filter((k) => typeof k === 'string');

  if (outcomes.isError && !outcomes.data) {
    return (
      <>
        <PageHeader title={t('dashboard.title')} />
        <FailedState error={outcomes.error} retry={() => void outcomes.refetch()} />
      </>
    );
  }
  if (total === 0 && !filtered) {
    return (
      <>
        <PageHeader title={t('dashboard.title')} />
        <div className={classes.blank}>
          <EmptyState
            action={
              may(me, 'data:write') ? <ButtonLink to="/upload">{t('state.empty_action')}</ButtonLink> : null
            }
          />
        </div>
      </>
    );
  }

  return (
    <>
      <PageHeader title={t('dashboard.title')} subtitle={t('dashboard.subtitle')} />
      {reading && (
        <Alert role="status" variant="light" icon={<IconInfo />} mb="md">
          {t('dashboard.reading_banner', { count: openJobs(jobs), n: formats.int(openJobs(jobs)) })}
        </Alert>
      )}
      <FilterBar search={search} change={change} sellers={sellerNames} fields={fields} naming={naming} />
      <SimpleGrid cols={{ base: 2, md: 4 }} spacing="md" mb="md">
        <Kpi
          name="meetings"
          label={t('dashboard.kpi_meetings')}
          value={total === undefined ? null : formats.int(total)}
        />
        <Kpi
          name="closed"
          label={t('dashboard.kpi_closed')}
          value={total === undefined ? null : formats.int(closed)}
        />
        <Kpi
          name="rate"
          label={t('dashboard.kpi_rate')}
          value={total === undefined ? null : total === 0 ? '—' : formats.percent(closed / total)}
        />
        <Kpi
          name="read"
          label={t('dashboard.kpi_read')}
          value={read.data === undefined ? null : formats.int(read.data)}
          {...(total === undefined
            ? {}
            : { hint: t('dashboard.kpi_read_hint', { total: formats.int(total) }) })}
        />
      </SimpleGrid>
      <div className={classes.charts}>
        <ChartCard
          name="bar"
          kind="bar"
          title={barTitle}
          heading={fieldLabel(barField, language, bar)}
          model={barModel}
          error={bars.error}
          retry={() => void bars.refetch()}
          filtered={filtered}
          several={isArrayField(barField) || isArrayField(byField)}
          build={buildBar}
          height={(width) => (barModel ? barHeight(barModel, width) : 340)}
          onSelect={narrow(barField, bar, barModel)}
          pickers={
            <>
              <FieldPicker
                label={t('dashboard.field')}
                value={bar}
                slot="bar.x_axis"
                fields={fields}
                onChange={(name) => change({ bar: name, ...(name === by ? { by: NO_SPLIT } : {}) })}
              />
              <FieldPicker
                label={t('dashboard.split')}
                value={by}
                slot="bar.group_by"
                none={t('dashboard.split_none')}
                fields={fields?.filter((f) => f.name !== bar)}
                onChange={(name) => change({ by: name })}
              />
              {timed && (
                <NativeSelect
                  size="xs"
                  label={t('dashboard.time_group')}
                  value={time}
                  onChange={(e) => change({ time: e.currentTarget.value as typeof time })}
                  data={TIME_GROUPS.map((g) => ({ value: g, label: t(`dashboard.time_${g}`) }))}
                />
              )}
            </>
          }
        />
        <ChartCard
          name="pie"
          kind="pie"
          title={pieTitle}
          heading={fieldLabel(pieField, language, pie)}
          model={pieModel}
          error={slices.error}
          retry={() => void slices.refetch()}
          filtered={filtered}
          several={isArrayField(pieField)}
          build={buildPie}
          height={() => PIE_PX}
          onSelect={narrow(pieField, pie, pieModel)}
          categoryAt={(i) => (pieModel ? (pieSlices(pieModel, theme, restLabel)[i]?.index ?? -1) : -1)}
          pickers={
            <FieldPicker
              label={t('dashboard.field')}
              value={pie}
              slot="pie.group_by"
              fields={fields?.filter((f) => f.type !== 'date')}
              onChange={(name) => change({ pie: name })}
            />
          }
        />
      </div>
    </>
  );
}
