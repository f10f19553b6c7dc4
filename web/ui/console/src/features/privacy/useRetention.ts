import { ApiError } from '@frontdesk/shared/api/client'
import type { RetentionPolicy, RetentionPreview } from '@frontdesk/shared/api/types'
import { onScopeDispose, reactive, ref, shallowRef } from 'vue'
import { api, problemKey } from '../../app/api.ts'

/** A policy as it is being changed. Days are text: an empty field is no number. */
export interface PolicyDraft {
  policy: RetentionPolicy
  anonymous: string
  identified: string
  preview?: RetentionPreview
  /** Key of what went wrong or well; '' = nothing. */
  problem: string
  said: string
  busy: boolean
}

/** Whole days that a policy may have; undefined for anything else. */
export function daysOf(text: string): number | undefined {
  const trimmed = text.trim()
  return /^\d{1,5}$/.test(trimmed) && Number(trimmed) <= 36_500 ? Number(trimmed) : undefined
}

export const changed = (draft: PolicyDraft) => daysOf(draft.anonymous) !== draft.policy.anonymous_days || daysOf(draft.identified) !== draft.policy.identified_days
export const valid = (draft: PolicyDraft) => daysOf(draft.anonymous) !== undefined && daysOf(draft.identified) !== undefined

/** For how long each site keeps conversations. A run in the background is watched until it ends. */
export function useRetention() {
  const drafts = shallowRef<PolicyDraft[]>([])
  const loading = ref(true)
  const problem = ref('')
  let timer: ReturnType<typeof setTimeout> | undefined
  let ended = false

  const draftOf = (policy: RetentionPolicy): PolicyDraft => reactive({ policy, anonymous: String(policy.anonymous_days), identified: String(policy.identified_days), problem: '', said: '', busy: false })
  async function load(): Promise<void> {
    try {
      const { policies } = await api.get<{ policies: RetentionPolicy[] }>('/api/admin/retention')
      const before = new Map(drafts.value.map(draft => [draft.policy.site, draft]))
      drafts.value = policies.map((policy) => {
        const draft = before.get(policy.site)
        if (!draft || draft.policy.version !== policy.version) return draftOf(policy)
        draft.policy = policy // only the run is new
        return draft
      })
      problem.value = ''
      clearTimeout(timer)
      if (!ended && policies.some(policy => policy.last && !policy.last.ended_at)) timer = setTimeout(() => void load(), 2000)
    } catch (error) {
      problem.value = problemKey(error)
    } finally {
      loading.value = false
    }
  }
  const wish = (draft: PolicyDraft) => ({ site: draft.policy.site, version: draft.policy.version, anonymous_days: daysOf(draft.anonymous) ?? 0, identified_days: daysOf(draft.identified) ?? 0 })
  async function guard(draft: PolicyDraft, work: () => Promise<void>): Promise<void> {
    draft.busy = true
    draft.problem = draft.said = ''
    try {
      await work()
    } catch (error) {
      const code = error instanceof ApiError ? error.problem.code : ''
      if (code === 'conflict') {
        await load()
        const fresh = drafts.value.find(found => found.policy.site === draft.policy.site)
        if (fresh) fresh.problem = 'privacy.conflict'
        return
      }
      draft.problem = code === 'busy' ? 'privacy.busy' : problemKey(error)
    } finally {
      draft.busy = false
    }
  }
  const look = (draft: PolicyDraft) => guard(draft, async () => {
    draft.preview = await api.post<RetentionPreview>('/api/admin/retention/preview', wish(draft))
  })
  const save = (draft: PolicyDraft) => guard(draft, async () => {
    await api.put('/api/admin/retention', wish(draft))
    await load()
    const fresh = drafts.value.find(found => found.policy.site === draft.policy.site)
    if (fresh) fresh.said = 'privacy.saved'
  })
  const run = (draft: PolicyDraft) => guard(draft, async () => {
    await api.post('/api/admin/retention/run', { site: draft.policy.site })
    draft.said = 'privacy.runAsked'
    draft.preview = undefined
    clearTimeout(timer)
    timer = setTimeout(() => void load(), 1500)
  })
  void load()
  onScopeDispose(() => {
    ended = true
    clearTimeout(timer)
  })
  return { drafts, loading, problem, load, look, save, run }
}
