import { createI18n } from 'vue-i18n'
import { locale } from '../app/preferences.ts'
import { messages } from './messages.ts'

export const i18n = createI18n({
  legacy: false,
  locale: locale.value,
  fallbackLocale: 'en',
  messages,
})
