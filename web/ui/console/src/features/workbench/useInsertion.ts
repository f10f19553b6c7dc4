import { nextTick, ref, shallowRef, watch, type Ref } from 'vue'
import type { Insertion, SuggestionDesk } from './useSuggestions.ts'

export interface InsertionOptions {
  suggestions: SuggestionDesk
  draft: Ref<string>
  tab: Ref<'text' | 'note'>
  mine: () => boolean
  /** Sends a suggestion as it is. */
  send: (text: string, suggestion?: string) => void
  /** Puts the caret behind the first `at` characters of the field. */
  focus: (at?: number) => void
}

/** Suggested replies on their way into the reply field: never over a text that is there without asking. */
export function useInsertion({ suggestions, draft, tab, mine, send, focus }: InsertionOptions) {
  // What the draft was made of; an emptied draft is the agent's own again.
  const made = ref('')
  const waiting = shallowRef<Insertion>()
  watch(draft, (text) => { if (!text) made.value = '' })
  watch(suggestions.insertion, async (insertion) => {
    if (!insertion || !mine()) return
    suggestions.taken()
    if (tab.value !== 'text') {
      tab.value = 'text'
      await nextTick()
    }
    if (insertion.send && !draft.value.trim()) return send(insertion.text, insertion.suggestion)
    if (draft.value.trim() && draft.value.trim() !== insertion.text) waiting.value = insertion
    else put(insertion, insertion.text)
  })

  function put(insertion: Insertion, text: string): void {
    waiting.value = undefined
    draft.value = text
    made.value = insertion.suggestion ?? ''
    focus(text.length)
  }
  function settle(how: 'replace' | 'append' | 'keep'): void {
    const insertion = waiting.value
    if (!insertion) return
    if (how === 'replace') put(insertion, insertion.text)
    else if (how === 'append') put(insertion, `${draft.value.trimEnd()}\n${insertion.text}`)
    waiting.value = undefined
    if (how === 'keep') focus()
  }
  return { made, waiting, settle }
}
