import type { ImportRun } from '@frontdesk/shared/api/types'
import { computed, onScopeDispose, ref, shallowRef } from 'vue'
import { api, problemDetails, problemKey } from '../../app/api.ts'

/** What is read from a website. */
export interface AddressWish {
  address: string
  /** Also the pages that it links to, below its folder. */
  follow: boolean
  /** At most so many. */
  pages: number
}

/** The formats that an export can have, in the order of the page. */
export const exportFormats = ['xlsx', 'csv', 'markdown', 'jsonl'] as const

/** Tells whether an import is still at it. */
export function isOpen(run: ImportRun): boolean {
  return run.state === 'waiting' || run.state === 'running'
}

/** How far a running import is, 0 to 1; undefined where nobody knows. */
export function share(run: ImportRun): number | undefined {
  if (!isOpen(run) || run.total <= 0) return undefined
  return Math.min(1, run.done / run.total)
}

/**
 * Imports of the knowledge base: checks a file or address first, applies what was checked, follows what runs, and
 * knows what ran before.
 */
export function useImports({ every = 700 }: {
  /** Milliseconds between two looks at a running import. @default 700 */
  every?: number
} = {}) {
  const current = shallowRef<ImportRun>()
  const history = shallowRef<ImportRun[]>([])
  const busy = ref(false)
  const problem = shallowRef<{ key: string, details: string[] }>()
  let timer: ReturnType<typeof setTimeout> | undefined
  let gone = false
  let generation = 0

  async function attempt(action: () => Promise<ImportRun>): Promise<ImportRun | undefined> {
    busy.value = true
    problem.value = undefined
    const mine = ++generation
    try {
      const run = await action()
      if (mine === generation) show(run)
      return run
    } catch (error) {
      problem.value = { key: problemKey(error), details: problemDetails(error) }
      return undefined
    } finally {
      busy.value = false
    }
  }

  function show(run: ImportRun): void {
    current.value = run
    clearTimeout(timer)
    if (gone) return
    if (isOpen(run)) timer = setTimeout(() => void follow(run.id), every)
    else void load()
  }

  async function follow(id: string): Promise<void> {
    const mine = generation
    try {
      const run = await api.get<ImportRun>(`/api/admin/kb/imports/${id}`)
      if (mine === generation) show(run)
    } catch {
      // A server that restarts answers again soon: the import goes on there.
      if (!gone && mine === generation) timer = setTimeout(() => void follow(id), 3 * every)
    }
  }

  async function load(): Promise<void> {
    try {
      history.value = (await api.get<{ imports: ImportRun[] }>('/api/admin/kb/imports')).imports
    } catch (error) {
      problem.value ??= { key: problemKey(error), details: [] }
    }
  }

  async function checkFile(file: File): Promise<boolean> {
    // Read before it is sent: a file that changed since it was chosen cannot be read, and is no lost connection.
    const content = await file.arrayBuffer().catch(() => undefined)
    if (!content) {
      problem.value = { key: 'imports.changed', details: [] }
      return false
    }
    return await attempt(() => api.post<ImportRun>('/api/admin/kb/imports', new Blob([content]), {
      query: { name: file.name, dry_run: true }, contentType: 'application/octet-stream',
    })) !== undefined
  }

  const checkAddress = async (wish: AddressWish): Promise<boolean> =>
    await attempt(() => api.post<ImportRun>('/api/admin/kb/imports/address', { ...wish, dry_run: true })) !== undefined
  const apply = (drafts: boolean) => attempt(() => api.post<ImportRun>(`/api/admin/kb/imports/${current.value!.id}/apply`, { drafts }))
  const cancel = () => attempt(() => api.post<ImportRun>(`/api/admin/kb/imports/${current.value!.id}/cancel`))
  const open = (id: string) => attempt(() => api.get<ImportRun>(`/api/admin/kb/imports/${id}`))

  function close(): void {
    generation++
    clearTimeout(timer)
    current.value = undefined
    problem.value = undefined
    void load()
  }

  onScopeDispose(() => {
    gone = true
    generation++
    clearTimeout(timer)
  })

  return { current: computed(() => current.value), history: computed(() => history.value), busy, problem, checkFile, checkAddress, apply, cancel, open, close, load }
}
