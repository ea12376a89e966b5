// SPDX-License-Identifier: MIT
// The steps before a file is looked at: a workbook is read, one of its sheets is chosen, the service looks.
import { Button, Card, Group, Loader, Radio, Stack, Text, Title } from '@mantine/core';
import { useState, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { useFormats } from '@/shared/format/useFormats';
import type { SheetFacts } from './machine';
import classes from './Upload.module.css';

interface WaitingProps {
  name: string;
  reading: boolean;
  onCancel: () => void;
}

export function Waiting({ name, reading, onCancel }: WaitingProps): ReactNode {
  const { t } = useTranslation();
  return (
    <Card data-testid="checking">
      <Group justify="space-between" wrap="nowrap">
        <Group gap="sm" wrap="nowrap" className={classes.shrink}>
          <Loader size="sm" />
          <Text fw={600} role="status" className={classes.break}>
            {t(reading ? 'upload.reading_file' : 'upload.checking', { name })}
          </Text>
        </Group>
        <Button variant="default" size="xs" onClick={onCancel}>
          {t('upload.cancel')}
        </Button>
      </Group>
    </Card>
  );
}

interface SheetChoiceProps {
  name: string;
  sheets: readonly SheetFacts[];
  onChoose: (at: number) => void;
  onCancel: () => void;
}

export function SheetChoice({ name, sheets, onChoose, onCancel }: SheetChoiceProps): ReactNode {
  const { t } = useTranslation();
  const formats = useFormats();
  const [at, setAt] = useState('0');
  return (
    <Card data-testid="sheets">
      <Title order={2} size="h4" mb="sm" className={classes.break}>
        {t('upload.sheets_title', { name })}
      </Title>
      <Radio.Group aria-label={t('upload.sheets_label')} value={at} onChange={setAt}>
        <Stack gap="xs">
          {sheets.map((s, i) => (
            <Radio
              key={i}
              value={String(i)}
              label={s.name}
              description={t('upload.sheets_rows', { count: s.rows, n: formats.int(s.rows) })}
            />
          ))}
        </Stack>
      </Radio.Group>
      <Group justify="flex-end" mt="md">
        <Button variant="default" onClick={onCancel}>
          {t('upload.cancel')}
        </Button>
        <Button onClick={() => onChoose(Number(at))}>{t('upload.sheets_use')}</Button>
      </Group>
    </Card>
  );
}
