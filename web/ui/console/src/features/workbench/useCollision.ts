import type { Event } from '@frontdesk/shared/api/types'
import { computed, ref, watch, type Ref } from 'vue'
import { draftPrefix } from '../../app/drafts.ts'

export interface CollisionOptions {
  conv: string
  /** The text that is being written; "" = nothing. */
  draft: Ref<string>
  /** The draft is a reply, not a note. */
  active: Ref<boolean>
  events: Ref<readonly Event[]>
  me: string
}

/**
 * Watches over a reply while it is written: which row its writer had seen when
 * they began, and whether a colleague has replied since. The row is kept with
 * the draft, so that it holds over a reload as well.
 */
export function useCollision({ conv, draft, active, events, me }: CollisionOptions) {
  const key = `${draftPrefix}${me}.base.${conv}`
  const base = ref(Number(read(key)) || 0)
  const stopped = ref(false)
  const last = () => events.value.at(-1)?.seq ?? 0

  function set(seq: number): void {
    base.value = seq
    stopped.value = false
    write(key, seq)
  }
  function look(): void {
    if (!active.value) return
    if (!draft.value.trim()) set(0)
    else if (!base.value) set(last())
  }
  watch([draft, active], look, { flush: 'sync' })
  // A draft whose beginning is not known was begun now.
  watch(events, look, { immediate: true })

  const newer = computed(() => !active.value || base.value === 0 ? undefined : events.value.findLast(event => event.kind === 'message' && event.author?.kind === 'agent' && event.author.id !== me && (event.seq ?? 0) > base.value && event.data?.deleted === undefined))

  /** The row that goes with the reply, or undefined when it must wait for the agent's word. */
  function check(): number | undefined {
    if (!newer.value) return base.value || last()
    stopped.value = true
    return undefined
  }
  /** The agent has seen the newer reply. */
  function seen(): void { set(last()) }

  return { newer, stopped, check, seen }
}

function read(name: string): string {
  try {
    return localStorage.getItem(name) ?? ''
  } catch {
    return ''
  }
}

function write(name: string, seq: number): void {
  try {
    if (seq) localStorage.setItem(name, String(seq))
    else localStorage.removeItem(name)
  } catch { /* it holds as long as the page */ }
}
