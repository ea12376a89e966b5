// SPDX-License-Identifier: MIT
// The filters in force: pickers for the usual ones, and a chip for every one, so that nothing narrows unseen.
import { Button, Group, MultiSelect, SegmentedControl, Text, TextInput } from '@mantine/core';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { fieldLabel, findField } from '@/shared/api/fields';
import type { Field } from '@/shared/api/types';
import { IconClose } from '@/shared/ui/icons';
import classes from './Dashboard.module.css';
import { datesWrong, isFiltered, setValues, type DashboardSearch, type Where } from './filters';
import { categoryLabel, type Naming } from './labels';

interface FilterBarProps {
  search: DashboardSearch;
  change: (patch: { from?: string | undefined; to?: string | undefined; where?: Where | undefined }) => void;
  sellers: readonly string[];
  fields: readonly Field[] | undefined;
  naming: Naming;
}

export function FilterBar({ search, change, sellers, fields, naming }: FilterBarProps): ReactNode {
  const { t } = useTranslation();
  const { language, formats } = naming;
  const where = search.where ?? {};
  const closed = where.closed;
  const outcome = closed?.length === 1 ? (closed[0] === true ? 'true' : 'false') : 'all';
  const chosen = (where.sales_rep ?? []).filter((v): v is string => typeof v === 'string');
  const wrong = datesWrong(search);

  const chips: { key: string; text: string; remove: () => void }[] = [];
  if (search.from) {
    chips.push({
      key: 'from',
      text: t('dashboard.chip_from', { date: formats.day(search.from) }),
      remove: () => change({ from: undefined }),
    });
  }
  if (search.to) {
    chips.push({
      key: 'to',
      text: t('dashboard.chip_to', { date: formats.day(search.to) }),
      remove: () => change({ to: undefined }),
    });
  }
  for (const [name, values] of Object.entries(where)) {
    const field = findField(fields, name);
    const words = values.map((v) => categoryLabel(naming, field, v, null)).join(', ');
    chips.push({
      key: name,
      text: `${fieldLabel(field, language, name)}: ${words}`,
      remove: () => change({ where: setValues(search.where, name, []) }),
    });
  }

  return (
    <section aria-label={t('dashboard.filters')} className={classes.filters}>
      <div className={classes.controls}>
        <div>
          <Text component="span" size="sm" fw={500} id="filter-outcome" className={classes.label}>
            {t('dashboard.filter_outcome')}
          </Text>
          <SegmentedControl
            aria-labelledby="filter-outcome"
            value={outcome}
            onChange={(v) =>
              change({ where: setValues(search.where, 'closed', v === 'all' ? [] : [v === 'true']) })
            }
            data={[
              { value: 'all', label: t('dashboard.filter_all') },
              { value: 'true', label: t('fields.closed_true') },
              { value: 'false', label: t('fields.closed_false') },
            ]}
          />
        </div>
        <MultiSelect
          className={classes.sellers}
          label={t('dashboard.filter_seller')}
          placeholder={chosen.length === 0 ? t('dashboard.filter_seller_any') : ''}
          data={[...new Set([...sellers, ...chosen])]}
          value={chosen}
          onChange={(v) => change({ where: setValues(search.where, 'sales_rep', v) })}
          searchable
          clearable
        />
        <TextInput
          type="date"
          label={t('dashboard.filter_from')}
          value={search.from ?? ''}
          max={search.to ?? ''}
          onChange={(e) => change({ from: e.currentTarget.value || undefined })}
          error={wrong}
        />
        <TextInput
          type="date"
          label={t('dashboard.filter_to')}
          value={search.to ?? ''}
          min={search.from ?? ''}
          onChange={(e) => change({ to: e.currentTarget.value || undefined })}
          error={wrong}
        />
      </div>
      {wrong && (
        <Text role="alert" size="sm" c="var(--mantine-color-error)" mt={6}>
          {t('dashboard.filter_dates_wrong')}
        </Text>
      )}
      {isFiltered(search) && (
        <Group
          component="ul"
          gap="xs"
          mt="sm"
          className={classes.chips}
          aria-label={t('dashboard.filter_active')}
        >
          {chips.map((c) => (
            <li key={c.key}>
              <button
                type="button"
                className={classes.chip}
                aria-label={t('dashboard.filter_remove', { name: c.text })}
                onClick={c.remove}
              >
                {c.text}
                <IconClose size={14} />
              </button>
            </li>
          ))}
          <li>
            <Button
              variant="subtle"
              size="compact-sm"
              onClick={() => change({ from: undefined, to: undefined, where: undefined })}
            >
              {t('dashboard.filter_clear')}
            </Button>
          </li>
        </Group>
      )}
    </section>
  );
}
