/** The languages every text exists in. */
export type Locale = 'zh-CN' | 'en'

/** Picks the language for a list of wishes, such as navigator.languages. Every Chinese becomes zh-CN, all else en. */
export function pickLocale(...wishes: (string | null | undefined)[]): Locale {
  for (const wish of wishes) {
    if (!wish) continue
    return /^zh\b/i.test(wish) ? 'zh-CN' : 'en'
  }
  return 'en'
}
