import type { RoutingExplanation, RoutingQueue, RoutingWaiting } from '@frontdesk/shared/api/types'
import { onScopeDispose, ref, shallowRef, type Ref } from 'vue'
import { api, problemKey } from '../../app/api.ts'
import { useDesk } from '../../app/desk.ts'
import { useRead } from './useRead.ts'

export interface QueueOptions {
  site: Ref<string>
  /** @default 2000 */
  everyMs?: number
  /** How long after an event the queue is read again, in milliseconds. @default 250 */
  settleMs?: number
}

/** The live queue: read every two seconds, and at once when a conversation changes hands. */
export function useQueue({ site, everyMs = 2000, settleMs = 250 }: QueueOptions) {
  const read = useRead<RoutingQueue>('/api/admin/routing/queue', { site, everyMs })
  const opened = ref('')
  const explanation = shallowRef<RoutingExplanation>()
  const problem = ref('')
  let settle: ReturnType<typeof setTimeout> | undefined
  let asked = 0

  async function explain(conversation: string): Promise<void> {
    const mine = ++asked
    opened.value = conversation
    explanation.value = undefined
    problem.value = ''
    await reExplain(mine)
  }
  async function reExplain(mine = asked): Promise<void> {
    const conversation = opened.value
    if (!conversation) return
    try {
      const found = await api.get<RoutingExplanation>(`/api/agent/conversations/${conversation}/routing`)
      if (mine === asked) explanation.value = found
    } catch (error) {
      if (mine === asked) problem.value = problemKey(error)
    }
  }
  function close(): void {
    asked++
    opened.value = ''
    explanation.value = undefined
    problem.value = ''
  }

  /** Gives a waiting conversation to an agent by hand. Answers what is wrong, '' when it is done. */
  async function assign(waiting: RoutingWaiting, agent: string): Promise<string> {
    try {
      await api.post('/api/agent/transfer', { conversation: waiting.conversation, to: { agent }, reason: 'by_hand' })
      if (opened.value === waiting.conversation) close()
      await read.load()
      return ''
    } catch (error) {
      await read.load()
      return problemKey(error)
    }
  }

  useDesk().listen((signal) => {
    if (signal.type !== 'event' || !signal.live || signal.event.kind === 'message' || signal.event.kind === 'note') return
    settle ??= setTimeout(() => {
      settle = undefined
      void read.load()
    }, settleMs)
  })
  onScopeDispose(() => clearTimeout(settle))

  return { queue: read.data, loading: read.loading, problem: read.problem, load: read.load, opened, explanation, explainProblem: problem, explain, close, assign }
}
