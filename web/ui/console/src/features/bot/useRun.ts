import type { BotRun, BotRunList, BotRunRow, BotRunRows } from '@frontdesk/shared/api/types'
import { computed, onScopeDispose, ref, shallowRef } from 'vue'
import { useI18n } from 'vue-i18n'
import { api, problemDetails, problemKey } from '../../app/api.ts'

/** What a run is asked for; see POST /api/admin/bot/runs. */
export interface RunWish {
  kind: 'replay' | 'questions'
  days?: number
  all_drafts?: boolean
  drafts?: { article: string, locale: string, revision: number }[]
  answer?: number
  clarify?: number
}

const pause = 700 // ms between two looks at a run under way
const page = 100

/** Makes runs over past or saved questions, follows the one looked at and reads what it found. */
export function useRuns(kind: RunWish['kind']) {
  const i18n = useI18n()
  const runs = shallowRef<BotRun[]>([])
  const current = shallowRef<BotRun>()
  const rows = shallowRef<BotRunRow[]>([])
  const titles = shallowRef<Record<string, string>>({})
  const total = ref(0)
  const filter = ref('')
  const problem = ref('')
  const details = ref<string[]>([])
  const busy = ref(false)
  const open = computed(() => current.value?.state === 'waiting' || current.value?.state === 'running')
  let timer: ReturnType<typeof setTimeout> | undefined
  let generation = 0

  function failed(error: unknown) {
    problem.value = problemKey(error)
    details.value = problemDetails(error)
  }

  /** Reads the list; looks at the newest if none is looked at. */
  async function load() {
    try {
      runs.value = (await api.get<BotRunList>('/api/admin/bot/runs', { query: { kind } })).runs ?? []
      if (!current.value && runs.value[0]) await look(runs.value[0])
    } catch (error) {
      failed(error)
    }
  }

  async function look(run: BotRun) {
    const mine = ++generation
    clearTimeout(timer)
    current.value = run
    rows.value = []
    total.value = 0
    await follow(mine)
  }

  async function follow(mine: number) {
    if (mine !== generation || !current.value) return
    if (open.value) {
      timer = setTimeout(() => {
        api.get<BotRun>(`/api/admin/bot/runs/${current.value?.id ?? ''}`).then((run) => {
          if (mine !== generation) return
          current.value = run
          runs.value = runs.value.map(other => other.id === run.id ? run : other)
          problem.value = ''
        }, (error: unknown) => {
          if (mine === generation) failed(error) // the server may be starting: look again
        }).finally(() => void follow(mine))
      }, pause)
      return
    }
    await more(true)
  }

  /** Reads the next page of rows, or the first. */
  async function more(anew = false) {
    const run = current.value
    if (!run || run.state !== 'done') return
    const mine = generation
    try {
      const after = anew ? 0 : rows.value.at(-1)?.n ?? 0
      const found = await api.get<BotRunRows>(`/api/admin/bot/runs/${run.id}/rows`, { query: { change: filter.value, after, limit: page, locale: i18n.locale.value } })
      if (mine !== generation) return
      rows.value = anew ? found.rows ?? [] : [...rows.value, ...found.rows ?? []]
      titles.value = { ...titles.value, ...found.titles }
      total.value = Math.max(found.total, rows.value.length)
    } catch (error) {
      failed(error)
    }
  }

  async function start(wish: Omit<RunWish, 'kind'> = {}): Promise<BotRun | undefined> {
    busy.value = true
    problem.value = ''
    details.value = []
    try {
      const run = await api.post<BotRun>('/api/admin/bot/runs', { kind, ...wish })
      runs.value = [run, ...runs.value]
      void look(run)
      return run
    } catch (error) {
      failed(error)
      return undefined
    } finally {
      busy.value = false
    }
  }

  async function cancel() {
    if (!current.value) return
    try {
      await look(await api.post<BotRun>(`/api/admin/bot/runs/${current.value.id}/cancel`, {}))
    } catch (error) {
      failed(error)
    }
  }

  async function show(change: string) {
    filter.value = change
    generation++
    await more(true)
  }

  onScopeDispose(() => {
    generation++
    clearTimeout(timer)
  })
  return { runs, current, rows, titles, total, filter, problem, details, busy, open, load, look, more, start, cancel, show }
}
