// SPDX-License-Identifier: MIT
// Two languages, Spanish first. A language file is fetched when it is first spoken, so nobody waits for the other one.
import i18next, { type i18n } from 'i18next';
import { initReactI18next } from 'react-i18next';
import type es from './es.json';
import type { Language } from '@/shared/format/format';

declare module 'i18next' {
  interface CustomTypeOptions {
    resources: { translation: typeof es };
    enableSelector: false;
  }
}

export const LANGUAGES: readonly Language[] = ['es', 'en'];
const STORED = 'cm.language';

const load: Record<Language, () => Promise<{ default: unknown }>> = {
  es: () => import('./es.json'),
  en: () => import('./en.json'),
};

const isLanguage = (v: unknown): v is Language => LANGUAGES.some((l) => l === v);

function stored(): Language | null {
  try {
    const value = localStorage.getItem(STORED);
    return isLanguage(value) ? value : null;
  } catch {
    return null; // storage is switched off: the choice lasts as long as the page
  }
}

/** The person's own choice, else the first of the browser's languages that we speak, else Spanish. */
export function initialLanguage(preferred: readonly string[]): Language {
  const own = stored();
  if (own) return own;
  for (const tag of preferred) {
    const language = tag.toLowerCase().split('-')[0];
    if (isLanguage(language)) return language;
  }
  return 'es';
}

export const languageOf = (instance: i18n): Language =>
  isLanguage(instance.resolvedLanguage) ? instance.resolvedLanguage : 'es';

async function fetchLanguage(language: Language): Promise<void> {
  if (i18next.hasResourceBundle(language, 'translation')) return;
  const file = await load[language]();
  i18next.addResourceBundle(language, 'translation', file.default);
}

export async function setLanguage(language: Language): Promise<void> {
  await fetchLanguage(language);
  await i18next.changeLanguage(language);
  document.documentElement.lang = language;
  try {
    localStorage.setItem(STORED, language);
  } catch {
    // as in stored()
  }
}

export async function startI18n(language: Language): Promise<i18n> {
  const file = await load[language]();
  await i18next.use(initReactI18next).init({
    lng: language,
    fallbackLng: false, // a test keeps the files equal, so nothing ever falls back
    resources: { [language]: { translation: file.default } } as never,
    interpolation: { escapeValue: false }, // React escapes
    returnNull: false,
  });
  document.documentElement.lang = language;
  return i18next;
}
