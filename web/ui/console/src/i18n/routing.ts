import * as routing from '../features/routing/texts.ts'

export const messages = { en: routing.en, 'zh-CN': routing.zh }
