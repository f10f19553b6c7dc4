import { ApiError } from '@frontdesk/shared/api/client'
import type { ErasablePerson, ErasureReceipt } from '@frontdesk/shared/api/types'
import { onScopeDispose, ref, shallowRef } from 'vue'
import { api, problemKey } from '../../app/api.ts'

/** Looks for contacts, erases one, and keeps the receipts. */
export function useErase() {
  const people = shallowRef<ErasablePerson[]>()
  const receipts = shallowRef<ErasureReceipt[]>([])
  const fresh = shallowRef<ErasureReceipt>()
  const busy = ref(false)
  const problem = ref('')
  let timer: ReturnType<typeof setTimeout> | undefined
  let ended = false

  async function guard(work: () => Promise<void>): Promise<boolean> {
    busy.value = true
    problem.value = ''
    try {
      await work()
      return true
    } catch (error) {
      problem.value = problemKey(error)
      if (error instanceof ApiError && error.problem.code === 'running') await load()
      return false
    } finally {
      busy.value = false
    }
  }
  async function load(): Promise<void> {
    const found = await api.get<{ erasures: ErasureReceipt[] }>('/api/admin/erasures').catch((error: unknown) => {
      problem.value = problemKey(error)
      return undefined
    })
    if (!found || ended) return
    receipts.value = found.erasures
    clearTimeout(timer)
    if (found.erasures.some(receipt => !receipt.done)) timer = setTimeout(() => void load(), 3000)
  }
  const look = (q: string) => guard(async () => {
    people.value = (await api.get<{ people: ErasablePerson[] }>('/api/admin/erasures/people', { query: { q } })).people
  })
  const erase = (contact: string, reason: string) => guard(async () => {
    fresh.value = await api.post<ErasureReceipt>('/api/admin/erasures', { contact, confirm: contact, reason })
    people.value = people.value?.filter(person => person.contact.id !== contact)
    await load()
  })
  void load()
  onScopeDispose(() => {
    ended = true
    clearTimeout(timer)
  })
  return { people, receipts, fresh, busy, problem, load, look, erase }
}
