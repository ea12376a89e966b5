// SPDX-License-Identifier: MIT
// Columns that a person chose by hand, kept under a name: the next file with the same headers is offered them.
import { Button, Group, Text, TextInput } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useState, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { ErrorNote } from '@/shared/ui/states';
import { saveMapping } from './api';
import { mappingDraft, MAPPING_NAME_CHARS, type Mapping, type UploadOptions } from './options';

interface SaveMappingProps {
  options: UploadOptions & { readonly mapping: Mapping };
  headers: readonly string[];
}

export function SaveMapping({ options, headers }: SaveMappingProps): ReactNode {
  const { t } = useTranslation();
  const [name, setName] = useState('');
  const save = useMutation({ mutationFn: () => saveMapping(mappingDraft(name.trim(), options, headers)) });
  if (save.isSuccess) {
    return (
      <Text role="status" size="sm" c="dimmed" mt="sm">
        {t('upload.mapping_saved', { name: name.trim() })}
      </Text>
    );
  }
  return (
    <form
      onSubmit={(e) => {
        e.preventDefault();
        if (name.trim() !== '') save.mutate();
      }}
    >
      <Group mt="sm" gap="sm" align="flex-end">
        <TextInput
          size="xs"
          label={t('upload.mapping_name')}
          placeholder={t('upload.mapping_name_hint')}
          maxLength={MAPPING_NAME_CHARS}
          value={name}
          onChange={(e) => setName(e.currentTarget.value)}
        />
        <Button
          type="submit"
          size="xs"
          variant="default"
          disabled={name.trim() === ''}
          loading={save.isPending}
        >
          {t('upload.mapping_save')}
        </Button>
      </Group>
      {save.isError && <ErrorNote error={save.error} />}
    </form>
  );
}
