import type { messages } from './bot.ts'

type Loaded = { messages: Record<keyof typeof messages, object> }

/** Texts that only some pages need come with those pages, by the beginning of their addresses. */
export const later: Record<string, () => Promise<Loaded>> = {
  '/knowledge': () => import('./knowledge.ts'),
  '/words': () => import('./knowledge.ts'),
  '/imports': () => import('./knowledge.ts'),
  '/bot': () => import('./bot.ts'),
  '/routing': () => import('./routing.ts'),
  '/history/privacy': () => import('./privacy.ts'),
}

/** The texts that the page at a path needs beside those that are always there. */
export function textsOf(path: string): (() => Promise<Loaded>)[] {
  return Object.entries(later).filter(([start]) => path === start || path.startsWith(`${start}/`)).map(([, load]) => load)
}
