import * as privacy from '../features/privacy/texts.ts'

export const messages = { en: privacy.en, 'zh-CN': privacy.zh }
