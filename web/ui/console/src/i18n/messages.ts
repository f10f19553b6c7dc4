import * as bot from '../features/bot/texts.ts'
import * as suggest from '../features/suggest/texts.ts'
import en from './en.ts'
import zh from './zh-CN.ts'

// A feature keeps its texts beside its pages: one namespace each, the same keys in both languages.
export const messages = {
  'en': { ...en, ...bot.en, ...suggest.en },
  'zh-CN': { ...zh, ...bot.zh, ...suggest.zh },
}
