// SPDX-License-Identifier: MIT
import { createContext, use, useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import { languageOf } from '@/shared/i18n';
import { createFormats, localeFor, type Formats, type Language } from './format';

/** The tenant's time zone, once somebody is signed in. */
export const TimeZoneContext = createContext<string | undefined>(undefined);

export function useLanguage(): Language {
  const { i18n } = useTranslation();
  return languageOf(i18n);
}

export function useFormats(): Formats {
  const language = useLanguage();
  const zone = use(TimeZoneContext);
  return useMemo(() => createFormats(localeFor(language, navigator.languages), zone), [language, zone]);
}
