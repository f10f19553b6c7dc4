import * as live from '../app/liveTexts.ts'
import * as bot from '../features/bot/texts.ts'
import * as contacts from '../features/contacts/texts.ts'
import * as history from '../features/history/texts.ts'
import * as routing from '../features/routing/lineTexts.ts'
import * as suggest from '../features/suggest/texts.ts'
import * as why from '../features/why/texts.ts'
import en from './en.ts'
import zh from './zh-CN.ts'

// A feature keeps its texts beside its pages: one namespace each, the same keys in both languages. Those of pages
// that few open are in later.ts.
export const messages = {
  en: { ...en, ...live.en, ...bot.en, ...why.en, ...suggest.en, ...history.en, ...routing.en, ...contacts.en },
  'zh-CN': { ...zh, ...live.zh, ...bot.zh, ...why.zh, ...suggest.zh, ...history.zh, ...routing.zh, ...contacts.zh },
}
