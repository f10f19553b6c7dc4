import { inject, provide, type InjectionKey } from 'vue'
import { useColleagues } from './useColleagues.ts'
import { useMentions } from './useMentions.ts'
import { useOffers } from './useOffers.ts'
import { useUnread } from './useUnread.ts'

const key: InjectionKey<ReturnType<typeof make>> = Symbol('live')

function make() {
  return { colleagues: useColleagues(), mentions: useMentions(), offers: useOffers(), unread: useUnread() }
}

/** Begins to hear what concerns the agent on every page; ends with the caller's scope. */
export function provideLive(): ReturnType<typeof make> {
  const live = make()
  provide(key, live)
  return live
}

/** What [provideLive] of the page around gave. */
export function useLive(): ReturnType<typeof make> {
  const live = inject(key)
  if (!live) throw new Error('useLive outside of the signed-in pages')
  return live
}
