// SPDX-License-Identifier: MIT
// What became, or would become, of the rows of a file: five counts that add up.
import { SimpleGrid, Text } from '@mantine/core';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { useFormats } from '@/shared/format/useFormats';
import type { RowCounts } from './contract';
import { COUNTS, countsAddUp, type CountName } from './machine';
import classes from './Upload.module.css';

const TONE: Record<CountName, string> = {
  created: 'brand',
  updated: 'teal',
  duplicate: 'gray',
  invalid: 'red',
  skipped: 'dark',
};

export function Counts({ counts, label }: { counts: RowCounts; label: string }): ReactNode {
  const { t } = useTranslation();
  const formats = useFormats();
  const shown = COUNTS.filter((c) => counts[c] > 0);
  return (
    <div role="group" aria-label={label}>
      <SimpleGrid cols={{ base: 2, xs: 3, md: 5 }} spacing="sm">
        {COUNTS.map((c) => (
          <div key={c} className={classes.count} data-tone={counts[c] > 0 ? TONE[c] : 'none'} data-count={c}>
            <Text size="xs" c="dimmed">
              {t(`upload.${c}`)}
            </Text>
            <Text fw={700} size="xl" className="cm-num">
              {formats.int(counts[c])}
            </Text>
          </div>
        ))}
      </SimpleGrid>
      <Text size="sm" c="dimmed" mt="sm" className="cm-num">
        {countsAddUp(counts)
          ? t('upload.counts_sum', {
              parts: (shown.length > 0 ? shown : COUNTS.slice(0, 1))
                .map((c) => formats.int(counts[c]))
                .join(' + '),
              total: formats.int(counts.rows),
            })
          : t('upload.counts_mismatch')}
      </Text>
    </div>
  );
}
