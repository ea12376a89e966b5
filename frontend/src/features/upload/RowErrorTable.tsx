// SPDX-License-Identifier: MIT
// Rows of a file that cannot be used, before it is loaded and after.
import { Button, ScrollArea, Table, Text } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import type { UploadError } from '@/shared/api/types';
import { useFormats } from '@/shared/format/useFormats';
import { errorText, rowErrorText } from '@/shared/ui/errorText';
import { IconDownload } from '@/shared/ui/icons';
import { downloadErrors } from './api';
import classes from './Upload.module.css';

interface RowErrorTableProps {
  errors: readonly UploadError[];
  /** A workbook has no lines: the rows below the headers are counted instead. */
  byRow: boolean;
}

export function RowErrorTable({ errors, byRow }: RowErrorTableProps): ReactNode {
  const { t } = useTranslation();
  const formats = useFormats();
  return (
    <ScrollArea.Autosize
      mah={420}
      type="auto"
      viewportProps={{ tabIndex: 0, 'aria-label': t('upload.errors_title') }}
    >
      <Table verticalSpacing="xs" horizontalSpacing="md" stickyHeader className={classes.table}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{t(byRow ? 'upload.errors_row' : 'upload.errors_line')}</Table.Th>
            <Table.Th>{t('upload.errors_column')}</Table.Th>
            <Table.Th>{t('upload.errors_value')}</Table.Th>
            <Table.Th>{t('upload.errors_reason')}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {errors.map((e, i) => (
            <Table.Tr key={`${e.line}-${e.column ?? ''}-${i}`}>
              <Table.Td className="cm-num">{formats.int(byRow ? e.row : e.line)}</Table.Td>
              <Table.Td>{e.column && t([`column.${e.column}`, 'upload.errors_column'] as never)}</Table.Td>
              <Table.Td className={classes.value}>{e.value}</Table.Td>
              <Table.Td>{rowErrorText(t, e.code, e.params)}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </ScrollArea.Autosize>
  );
}

/** The rows as they were sent, each with its reason, to mend and send again. */
export function ErrorsDownload({ id }: { id: string }): ReactNode {
  const { t } = useTranslation();
  const download = useMutation({ mutationFn: () => downloadErrors(id) });
  return (
    <>
      <Button
        mt="xs"
        size="xs"
        variant="default"
        leftSection={<IconDownload size={16} />}
        loading={download.isPending}
        onClick={() => download.mutate()}
      >
        {t('upload.errors_download')}
      </Button>
      {download.isError && (
        <Text role="alert" size="sm" c="red" mt="xs">
          {errorText(t, download.error).text}
        </Text>
      )}
    </>
  );
}
