import * as replay from '../features/bot/replay/texts.ts'
import * as settings from '../features/bot/settings/texts.ts'
import * as test from '../features/bot/test/texts.ts'
import * as gaps from '../features/gaps/texts.ts'
import * as reports from '../features/reports/texts.ts'

export const messages = {
  en: { ...test.en, ...replay.en, ...settings.en, ...gaps.en, ...reports.en },
  'zh-CN': { ...test.zh, ...replay.zh, ...settings.zh, ...gaps.zh, ...reports.zh },
}
