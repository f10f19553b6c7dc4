import { createI18n } from 'vue-i18n'
import { locale } from '../app/preferences.ts'
import en from './en.ts'
import zh from './zh-CN.ts'

export const i18n = createI18n({
  legacy: false,
  locale: locale.value,
  fallbackLocale: 'en',
  messages: { en, 'zh-CN': zh },
})
