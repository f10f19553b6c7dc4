import * as live from '../app/liveTexts.ts'
import * as replay from '../features/bot/replay/texts.ts'
import * as settings from '../features/bot/settings/texts.ts'
import * as test from '../features/bot/test/texts.ts'
import * as bot from '../features/bot/texts.ts'
import * as contacts from '../features/contacts/texts.ts'
import * as gaps from '../features/gaps/texts.ts'
import * as articles from '../features/knowledge/articleTexts.ts'
import * as imports from '../features/knowledge/importTexts.ts'
import * as reports from '../features/reports/texts.ts'
import * as routing from '../features/routing/texts.ts'
import * as suggest from '../features/suggest/texts.ts'
import * as why from '../features/why/texts.ts'
import en from './en.ts'
import zh from './zh-CN.ts'

// A feature keeps its texts beside its pages: one namespace each, the same keys in both languages.
export const messages = {
  en: { ...en, ...live.en, ...bot.en, ...test.en, ...replay.en, ...settings.en, ...why.en, ...suggest.en, ...imports.en, ...gaps.en, ...reports.en, ...articles.en, ...routing.en, ...contacts.en },
  'zh-CN': { ...zh, ...live.zh, ...bot.zh, ...test.zh, ...replay.zh, ...settings.zh, ...why.zh, ...suggest.zh, ...imports.zh, ...gaps.zh, ...reports.zh, ...articles.zh, ...routing.zh, ...contacts.zh },
}
