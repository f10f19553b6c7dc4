import { isComposing } from '@frontdesk/shared/ime'
import { computed, ref, shallowRef, type Ref } from 'vue'

export interface WordMenuOptions<T> {
  draft: Ref<string>
  /** The word before the caret that opens the menu, and where its sign stands. */
  find: (text: string, caret: number) => { word: string, from: number } | undefined
  choices: (word: string) => T[]
  /** What takes the place of sign and word. */
  text: (item: T) => string
  focus: (at?: number) => void
  onOpen?: () => void
  onChosen?: (item: T) => void
}

/** A menu that a sign in the text opens, such as / or @: narrowed by the word, walked by arrow keys. */
export function useWordMenu<T>({ draft, find, choices, text, focus, onOpen, onChosen }: WordMenuOptions<T>) {
  const open = shallowRef<{ word: string, from: number }>()
  const at = ref(0)
  const items = computed(() => open.value ? choices(open.value.word) : [])

  function look(caret: number, allowed: boolean): void {
    open.value = allowed ? find(draft.value, caret) : undefined
    at.value = 0
    if (open.value) onOpen?.()
  }
  function close(): void { open.value = undefined }
  function choose(item: T): void {
    if (!open.value) return
    const { from, word } = open.value
    const before = draft.value.slice(0, from) + text(item)
    const after = draft.value.slice(from + 1 + word.length)
    close()
    onChosen?.(item)
    draft.value = before + after
    focus(before.length)
  }
  /** Tells whether the menu took the key. */
  function onKey(event: KeyboardEvent): boolean {
    if (!open.value || isComposing(event)) return false
    const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0
    const item = items.value[at.value]
    if (step && items.value.length) at.value = (at.value + step + items.value.length) % items.value.length
    else if ((event.key === 'Enter' || event.key === 'Tab') && item !== undefined) choose(item)
    else if (event.key === 'Escape') close()
    else return false
    event.preventDefault()
    event.stopPropagation()
    return true
  }
  return { open, at, items, look, close, choose, onKey }
}
