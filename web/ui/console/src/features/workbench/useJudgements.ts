import type { Judgement } from '@frontdesk/shared/api/types'
import { inject, provide, shallowRef, watch, type InjectionKey, type Ref } from 'vue'
import { api, problemKey } from '../../app/api.ts'

/** What agents say about the bot's rows of the open conversation. */
export function useJudgements(conv: Ref<string | undefined>, agent: () => string) {
  const all = shallowRef<Judgement[]>([])
  const problem = shallowRef('')
  const path = () => `/api/agent/conversations/${conv.value}/judgements`

  async function load(): Promise<void> {
    const id = conv.value
    if (!id) return
    const page = await api.get<{ items: Judgement[] }>(path()).catch(() => undefined)
    if (id === conv.value && page) all.value = page.items
  }
  async function act(work: () => Promise<unknown>): Promise<void> {
    problem.value = ''
    try {
      await work()
    } catch (error) {
      problem.value = problemKey(error)
    }
    await load()
  }
  watch(conv, () => {
    all.value = []
    problem.value = ''
    void load()
  }, { immediate: true })

  return {
    problem,
    of: (seq: number) => all.value.filter(one => one.seq === seq),
    mine: (seq: number) => all.value.find(one => one.seq === seq && one.agent === agent()),
    wrong: (seq: number, right?: string) => act(() => api.post(path(), { seq, ...(right && { right_article: right }) })),
    takeBack: (seq: number) => act(() => api.delete(`${path()}/${seq}`)),
  }
}

export type Judgements = ReturnType<typeof useJudgements>

const key: InjectionKey<Judgements> = Symbol('judgements')
export const provideJudgements = (judgements: Judgements) => provide(key, judgements)
export const injectJudgements = () => inject(key)!
