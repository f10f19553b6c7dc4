import { ref, watch, type Ref } from 'vue'
import { draftPrefix } from '../../app/drafts.ts'

/**
 * The unsent text of a conversation, one for replies and one for notes, kept on
 * this device for the agent who wrote it: a colleague at the same computer does not see it.
 */
export function useDraft(conv: Ref<string | undefined>, kind: Ref<'text' | 'note'>, agent = ''): Ref<string> {
  const key = (conv: string, kind: string) => `${draftPrefix}${agent}.${kind}.${conv}`
  const draft = ref('')
  watch([conv, kind], () => {
    draft.value = conv.value ? read(key(conv.value, kind.value)) : ''
  }, { immediate: true, flush: 'sync' })
  watch(draft, (text) => {
    if (conv.value) write(key(conv.value, kind.value), text)
  }, { flush: 'sync' })
  return draft
}

function read(name: string): string {
  try {
    return localStorage.getItem(name) ?? ''
  } catch {
    return ''
  }
}

function write(name: string, text: string): void {
  try {
    if (text) localStorage.setItem(name, text)
    else localStorage.removeItem(name)
  } catch { /* the draft lives as long as the page */ }
}
