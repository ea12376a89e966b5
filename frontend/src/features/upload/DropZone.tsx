// SPDX-License-Identifier: MIT
// Where files land: dropped, or chosen with a real file input that keyboards and screen readers know.
import { Button, Text, ThemeIcon } from '@mantine/core';
import { useRef, useState, type DragEvent, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { useFormats } from '@/shared/format/useFormats';
import { IconUpload } from '@/shared/ui/icons';
import classes from './Upload.module.css';

interface DropZoneProps {
  maxBytes: number;
  onFiles: (files: readonly File[]) => void;
}

export function DropZone({ maxBytes, onFiles }: DropZoneProps): ReactNode {
  const { t } = useTranslation();
  const formats = useFormats();
  const input = useRef<HTMLInputElement>(null);
  // Entering a child leaves the parent: only the depth tells when the file really left.
  const [depth, setDepth] = useState(0);

  const carriesFiles = (e: DragEvent): boolean => e.dataTransfer.types.includes('Files');
  return (
    <div
      className={classes.drop}
      data-active={depth > 0 || undefined}
      onDragEnter={(e) => {
        if (carriesFiles(e)) setDepth((d) => d + 1);
      }}
      onDragLeave={() => setDepth((d) => Math.max(0, d - 1))}
      onDragOver={(e) => {
        if (carriesFiles(e)) e.preventDefault();
      }}
      onDrop={(e) => {
        e.preventDefault();
        setDepth(0);
        onFiles([...e.dataTransfer.files]);
      }}
    >
      <ThemeIcon size={56} radius="xl" variant="light">
        <IconUpload size={28} />
      </ThemeIcon>
      <Text fw={600} size="lg" mt="sm">
        {depth > 0 ? t('upload.drop_active') : t('upload.drop_title')}
      </Text>
      <Text c="dimmed" size="sm" mb="md">
        {t('upload.drop_or')}
      </Text>
      <input
        ref={input}
        type="file"
        accept=".csv,.tsv,.txt,.xlsx,text/csv,text/plain,application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
        className={classes.input}
        aria-label={t('upload.input_label')}
        tabIndex={-1}
        onChange={(e) => {
          onFiles([...(e.currentTarget.files ?? [])]);
          e.currentTarget.value = ''; // the same file can be chosen again after a fix
        }}
      />
      <Button onClick={() => input.current?.click()}>{t('upload.choose')}</Button>
      <Text c="dimmed" size="xs" mt="md" maw={460} ta="center">
        {t('upload.drop_hint', { size: formats.bytes(maxBytes) })}
      </Text>
    </div>
  );
}
