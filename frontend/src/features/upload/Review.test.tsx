// SPDX-License-Identifier: MIT
import { MantineProvider } from '@mantine/core';
import { render, screen, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { startI18n } from '@/shared/i18n';
import type { UploadPreview } from './contract';
import type { UploadState } from './machine';
import { NO_OPTIONS, type UploadOptions } from './options';
import { Review } from './Review';

const preview: UploadPreview = {
  settings: {
    encoding: 'windows-1252',
    bom: false,
    delimiter: ';',
    line_ending: 'crlf',
    date_order: 'dmy',
    quoted: true,
    header_line: 1,
    date_order_certain: false,
    headers: ['Cliente', 'Mail', 'Fono'],
    columns: { client_name: 'Cliente', email: 'Mail', phone: null },
  },
  rows: [['Núñez', 'n@example.com', '']],
  mapping_proposal: null,
  would: { rows: 4, created: 2, updated: 1, duplicate: 0, invalid: 1, skipped: 0, jobs_created: 0 },
  errors: [{ row: 2, line: 3, column: 'email', value: 'x', code: 'email_invalid', params: {} }],
  missing: [],
};

interface Shown {
  onOptions: ReturnType<typeof vi.fn>;
  onConfirm: ReturnType<typeof vi.fn>;
  user: ReturnType<typeof userEvent.setup>;
}

function show(
  change: Partial<UploadPreview> = {},
  options: UploadOptions = NO_OPTIONS,
  name = 'a.csv',
): Shown {
  const onOptions = vi.fn();
  const onConfirm = vi.fn();
  const state: Extract<UploadState, { phase: 'review' }> = {
    phase: 'review',
    file: { name, size: 1 },
    preview: { ...preview, ...change },
    options,
    looked: options,
    partial: false,
    busy: false,
    error: null,
  };
  render(
    <MantineProvider>
      <Review state={state} onOptions={onOptions} onConfirm={onConfirm} onCancel={vi.fn()} />
    </MantineProvider>,
  );
  return { onOptions, onConfirm, user: userEvent.setup() };
}

beforeAll(() => startI18n('en').then(() => undefined));

describe('Review', () => {
  it('says nothing of the order of dates while no column has them', () => {
    show({ missing: ['meeting_date'], would: null, errors: [] });
    expect(screen.queryByText(/read in more than one way/)).toBeNull();
  });

  it('shows what was found and what would happen, and uploads', async () => {
    const { onConfirm, user } = show();
    expect(screen.getByLabelText('Encoding')).toHaveValue('windows-1252');
    expect(screen.getByLabelText('Separator')).toHaveValue(';');
    expect(screen.getByText(/read in more than one way/)).toBeInTheDocument();
    expect(
      within(screen.getByRole('group', { name: 'What would happen' })).getByText('Updated'),
    ).toBeInTheDocument();
    expect(screen.getByText('The e-mail address is not valid')).toBeInTheDocument();
    await user.click(screen.getByRole('button', { name: 'Upload 3 rows' }));
    expect(onConfirm).toHaveBeenCalledOnce();
  });

  it('says that the text looks wrong', () => {
    show({ settings: { ...preview.settings, warnings: ['text_looks_wrong'] } });
    expect(screen.getByText(/The text looks wrong/)).toBeInTheDocument();
  });

  it('says on which line the columns are named when that is not the first', () => {
    show({ settings: { ...preview.settings, header_line: 4 } });
    expect(screen.getByText(/on line 4 of the file/)).toBeInTheDocument();
  });

  it('asks again with another order of dates, delimiter, mapping, rule', async () => {
    const { onOptions, user } = show();
    await user.selectOptions(screen.getByLabelText('Order of dates'), 'mdy');
    expect(onOptions).toHaveBeenLastCalledWith({ ...NO_OPTIONS, dateOrder: 'mdy' });
    await user.selectOptions(screen.getByLabelText('Separator'), ',');
    expect(onOptions).toHaveBeenLastCalledWith({ ...NO_OPTIONS, delimiter: ',' });
    await user.selectOptions(screen.getByLabelText('Header for Phone'), 'Fono');
    expect(onOptions).toHaveBeenLastCalledWith({
      ...NO_OPTIONS,
      mapping: { client_name: 'Cliente', email: 'Mail', phone: 'Fono' },
    });
    await user.click(screen.getByLabelText('Keep both'));
    expect(onOptions).toHaveBeenLastCalledWith({ ...NO_OPTIONS, onChange: 'keep_both' });
  });

  it('waits while columns are missing, and names them', () => {
    show({ missing: ['phone'], would: null });
    expect(screen.getByText(/not found: Phone/)).toBeInTheDocument();
    expect(screen.getByRole('button', { name: 'Upload' })).toBeDisabled();
  });

  it('does not offer what the service would refuse', () => {
    show({}, { ...NO_OPTIONS, allOrNothing: true });
    expect(screen.getByText(/1 row has errors/)).toBeInTheDocument();
    expect(screen.getByRole('button', { name: 'Upload 3 rows' })).toBeDisabled();
  });

  it('offers a saved mapping', async () => {
    const proposal = { mapping_id: 'm1', name: 'CRM', columns: { client_name: 'Mail' } };
    const { onOptions, user } = show({ mapping_proposal: proposal });
    await user.click(screen.getByRole('button', { name: 'Use it' }));
    expect(onOptions).toHaveBeenLastCalledWith({
      ...NO_OPTIONS,
      mappingId: 'm1',
      mapping: { client_name: 'Mail' },
    });
  });

  it('does not ask how a workbook is encoded, and counts its rows', () => {
    show({}, NO_OPTIONS, 'a.xlsx.csv');
    expect(screen.queryByLabelText('Encoding')).toBeNull();
    expect(screen.getByRole('columnheader', { name: 'Row' })).toBeInTheDocument();
    expect(screen.getByRole('cell', { name: '2' })).toBeInTheDocument();
  });
});
