import * as articles from '../features/knowledge/articleTexts.ts'
import * as imports from '../features/knowledge/importTexts.ts'

export const messages = { en: { ...articles.en, ...imports.en }, 'zh-CN': { ...articles.zh, ...imports.zh } }
