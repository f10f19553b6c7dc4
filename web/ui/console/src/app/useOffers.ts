import type * as frame from '@frontdesk/shared/gen/frames'
import { onScopeDispose, ref, shallowRef } from 'vue'
import { useDesk } from './desk.ts'

/** An offer of the router that waits for an answer. */
export interface OpenOffer {
  id: string
  conv: string
  contact: string
  excerpt: string
  skills: readonly string[]
  reason: string
  /** By this page's clock, Unix milliseconds. */
  until: number
  /** How long it was open at its coming, in milliseconds. */
  lasts: number
  /** An answer is on its way. */
  busy: boolean
}

/** How an offer ended; "accepted" here means by this page, "late" that its yes had no effect. */
export type OfferResult = 'accepted' | 'declined' | 'timeout' | 'late' | 'taken' | 'offline'

// An answer that stays unanswered this long may be given again, in milliseconds.
const answerMs = 5000

/** The router's offers to this agent: shown until they are answered, run out or are somebody else's. */
export function useOffers() {
  const desk = useDesk()
  const open = shallowRef<readonly OpenOffer[]>([])
  const now = ref(Date.now())
  const listeners = new Set<(result: OfferResult, offer: OpenOffer) => void>()
  const accepted = new Set<string>()
  let timer: ReturnType<typeof setInterval> | undefined

  function set(next: readonly OpenOffer[]): void {
    open.value = next
    if (next.length > 0) timer ??= setInterval(tick, 250)
    else if (timer) timer = void clearInterval(timer)
  }
  function end(id: string, result: OfferResult): void {
    const offer = open.value.find(one => one.id === id)
    if (!offer) return
    set(open.value.filter(one => one.id !== id))
    // Another page of the same agent took it: there is nothing to say here.
    if (result === 'accepted' && !accepted.has(id)) return
    // Said in time or not: there may have been no room any more.
    const told = result === 'timeout' && accepted.has(id) ? 'late' : result
    for (const listener of listeners) listener(told, offer)
  }
  // The server's word is awaited a moment beyond the time, then the card goes by itself.
  function tick(): void {
    now.value = Date.now()
    for (const offer of open.value) if (now.value > offer.until + 1500) end(offer.id, 'timeout')
  }

  function take({ id = '', conv = '', contact_name: contact = '', last_message: excerpt = '', skills = [], expires = '', expires_in_ms: left, reason = '' }: frame.Offer): void {
    now.value = Date.now()
    const lasts = left || Math.max(0, Date.parse(expires) - now.value) || 0
    const known = open.value.find(one => one.id === id)
    const offer: OpenOffer = { id, conv, contact, excerpt, skills, reason, until: now.value + lasts, lasts: Math.max(lasts, known?.lasts ?? 0), busy: known?.busy ?? false }
    set([...open.value.filter(one => one.id !== id), offer])
  }

  function answer(id: string, accept: boolean): void {
    const offer = open.value.find(one => one.id === id)
    if (!offer || offer.busy) return
    if (!desk.session.answer(id, accept)) {
      for (const listener of listeners) listener('offline', offer)
      return
    }
    if (accept) accepted.add(id)
    const mark = (busy: boolean) => set(open.value.map(one => one.id === id ? { ...one, busy } : one))
    mark(true)
    setTimeout(() => mark(false), answerMs)
  }

  desk.listen((signal) => {
    if (signal.type === 'hello') set([]) // the server tells the open ones anew
    else if (signal.type === 'offer') take(signal.offer)
    else if (signal.type === 'offer_end') end(signal.end.id ?? '', (signal.end.result ?? 'taken') as OfferResult)
    else if (signal.type === 'error' && signal.error.offer) end(signal.error.offer, 'taken')
  })
  onScopeDispose(() => clearInterval(timer))

  /** Hears how offers end; call the result to stop. */
  function onEnd(listener: (result: OfferResult, offer: OpenOffer) => void): () => void {
    listeners.add(listener)
    return () => listeners.delete(listener)
  }

  return { open, now, answer, onEnd }
}
