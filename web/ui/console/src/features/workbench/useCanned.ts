import type { CannedReply } from '@frontdesk/shared/api/types'
import { computed, ref, shallowRef, watch, type Ref } from 'vue'
import { api } from '../../app/api.ts'

/** A canned reply in the language of the conversation. */
export interface CannedChoice { id: number, shortcut: string, title: string, text: string }

/** What is typed after a slash that begins the text or a word, up to the caret; undefined = no slash there. */
export function slashWord(text: string, caret: number): { word: string, from: number } | undefined {
  const before = text.slice(0, caret)
  const found = /(?:^|\s)([/／]|^、)([^\s/／]{0,32})$/u.exec(before)
  return found ? { word: found[2]!.toLowerCase(), from: caret - found[2]!.length - 1 } : undefined
}

/** Those whose shortcut begins with the word, then those whose shortcut, title or text has it. */
export function matching(all: readonly CannedChoice[], word: string, limit = 8): CannedChoice[] {
  const rank = (one: CannedChoice) => {
    if (one.shortcut.startsWith(word)) return 0
    if (one.shortcut.includes(word) || one.title.toLowerCase().includes(word)) return 1
    return one.text.toLowerCase().includes(word) ? 2 : 3
  }
  return all.map(one => ({ one, rank: rank(one) })).filter(found => found.rank < 3).sort((a, b) => a.rank - b.rank).slice(0, limit).map(found => found.one)
}

/**
 * The canned replies of a conversation, with the names in it filled in: read
 * when the first slash is typed, and anew for each conversation.
 */
export function useCanned(conv: Ref<string>, locale: Ref<string>) {
  const replies = shallowRef<CannedReply[]>()
  const failed = ref(false)
  watch(conv, () => { replies.value = undefined })
  const all = computed<CannedChoice[]>(() => (replies.value ?? []).map(reply => ({
    id: reply.id, shortcut: reply.shortcut, title: reply.title, text: reply.texts[locale.value] ?? Object.values(reply.texts)[0] ?? '',
  })))

  async function load(): Promise<void> {
    if (replies.value) return
    const id = conv.value
    try {
      const { items } = await api.get<{ items: CannedReply[] }>('/api/agent/canned', { query: { conversation: id } })
      if (id === conv.value) replies.value = items
      failed.value = false
    } catch {
      failed.value = true
    }
  }
  return { all, failed, load }
}
