import type { Suggestion, Suggestions } from '@frontdesk/shared/api/types'
import { computed, onScopeDispose, ref, shallowRef, watch, type Ref } from 'vue'
import { api } from '../../app/api.ts'

/** A text on its way into the reply field. */
export interface Insertion { text: string, suggestion?: string, send?: boolean }

export interface SuggestionsOptions {
  /** The open conversation. */
  conv: Ref<string | undefined>
  /** The last row of the visitor's that is known here; each new one asks anew. */
  lastAsked: Ref<number>
  /** Whether the agent may write. */
  mine: Ref<boolean>
}

/**
 * Replies suggested for what the visitor of the open conversation asked last.
 * Old ones stay on the screen until the new ones are there, unless they are of
 * another conversation. Nothing here sends by itself.
 */
export function useSuggestions({ conv, lastAsked, mine }: SuggestionsOptions) {
  const found = shallowRef<Suggestions>()
  const loading = ref(false)
  const failed = ref(false)
  const hidden = ref(false)
  const away = shallowRef<ReadonlySet<string>>(new Set())
  const insertion = shallowRef<Insertion>()
  const items = computed<Suggestion[]>(() => (found.value?.items ?? []).filter(item => !away.value.has(item.id)))
  let running: AbortController | undefined
  let shownFor = ''

  async function load(): Promise<void> {
    const id = conv.value
    running?.abort()
    if (!id) return
    const mineNow = running = new AbortController()
    loading.value = true
    try {
      const next = await api.get<Suggestions>(`/api/agent/conversations/${id}/suggestions`, { signal: mineNow.signal })
      if (mineNow.signal.aborted || id !== conv.value) return
      if (next.seq !== found.value?.seq) {
        away.value = new Set()
        hidden.value = false
      }
      found.value = next
      failed.value = false
      const key = `${id} ${next.seq}`
      if (next.items.length > 0 && key !== shownFor) {
        shownFor = key
        note('shown', next.items)
      }
    } catch {
      if (!mineNow.signal.aborted && id === conv.value) failed.value = true
    } finally {
      if (running === mineNow) loading.value = false
    }
  }

  // What became of suggestions only orders later ones: an answer is not waited for, and a lost one costs nothing.
  function note(act: 'shown' | 'inserted' | 'dismissed', which: readonly Suggestion[]): void {
    if (!conv.value || !found.value) return
    api.post(`/api/agent/conversations/${conv.value}/suggestions`, { seq: found.value.seq, act, ids: which.map(item => item.id) }).catch(() => undefined)
  }

  function insert(item: Suggestion, send = false): void {
    if (item.internal || !item.text || !mine.value || (send && item.blanks)) return
    note('inserted', [item])
    insertion.value = { text: item.text, suggestion: item.id, send }
  }
  function dismiss(item: Suggestion): void {
    note('dismissed', [item])
    away.value = new Set([...away.value, item.id])
  }
  async function forget(item: Suggestion): Promise<boolean> {
    try {
      await api.delete(`/api/agent/solved/${item.item}`)
      away.value = new Set([...away.value, item.id])
      return true
    } catch {
      return false
    }
  }

  // By the key's place, so that it works on every layout (Alt+1 types ¡ on a Mac).
  function onKey(event: KeyboardEvent): void {
    if (!event.altKey || event.ctrlKey || event.metaKey || event.shiftKey || hidden.value) return
    const n = /^(?:Digit|Numpad)([1-3])$/.exec(event.code)?.[1]
    const item = n && items.value[Number(n) - 1]
    if (!item) return
    event.preventDefault()
    insert(item)
  }
  window.addEventListener('keydown', onKey)

  watch(conv, () => {
    found.value = undefined
    failed.value = hidden.value = false
    insertion.value = undefined
    away.value = new Set()
  })
  watch([conv, lastAsked, mine], () => void load(), { immediate: true })
  onScopeDispose(() => {
    running?.abort()
    window.removeEventListener('keydown', onKey)
  })

  const hide = (on: boolean): void => { hidden.value = on }
  const taken = (): void => { insertion.value = undefined }

  return { items, loading, failed, hidden, insertion, asked: computed(() => (found.value?.seq ?? 0) > 0), hide, taken, insert, dismiss, forget, reload: load }
}

export type SuggestionDesk = ReturnType<typeof useSuggestions>

/** How sure a confidence is, in words: the key of the text. */
export function confidenceWord(confidence: number): 'sure' | 'likely' | 'maybe' {
  if (confidence >= 0.8) return 'sure'
  return confidence >= 0.55 ? 'likely' : 'maybe'
}

/** A text cut at its marks, which are in code points. */
export function markedParts(text: string, marks: readonly { from: number, to: number }[]): { text: string, on: boolean }[] {
  const points = Array.from(text)
  const parts: { text: string, on: boolean }[] = []
  let at = 0
  for (const { from, to } of marks) {
    if (from < at || to > points.length) continue
    if (from > at) parts.push({ text: points.slice(at, from).join(''), on: false })
    parts.push({ text: points.slice(from, to).join(''), on: true })
    at = to
  }
  if (at < points.length) parts.push({ text: points.slice(at).join(''), on: false })
  return parts
}
