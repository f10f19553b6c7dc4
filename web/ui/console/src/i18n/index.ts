import { createI18n } from 'vue-i18n'
import { locale } from '../app/preferences.ts'
import { textsOf } from './later.ts'
import { messages } from './messages.ts'

export const i18n = createI18n({
  legacy: false,
  locale: locale.value,
  fallbackLocale: 'en',
  messages,
})

/** Adds the texts of the page at a path. Called again it adds the same ones, which changes nothing. */
export async function addTexts(path: string): Promise<void> {
  for (const { messages: more } of await Promise.all(textsOf(path).map(load => load()))) {
    i18n.global.mergeLocaleMessage('en', more.en)
    i18n.global.mergeLocaleMessage('zh-CN', more['zh-CN'])
  }
}
