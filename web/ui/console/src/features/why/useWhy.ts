import type { Why } from '@frontdesk/shared/api/types'
import { ref, shallowRef, watch, type Ref } from 'vue'
import { api, problemKey } from '../../app/api.ts'

/** Reads why the bot said what it said in a row of a conversation. */
export function useWhy(row: Ref<{ conv: string, seq: number } | undefined>) {
  const why = shallowRef<Why>()
  const problem = ref('')
  const loading = ref(false)
  let generation = 0

  async function read() {
    const at = row.value
    const mine = ++generation
    why.value = undefined
    problem.value = ''
    if (!at) return
    loading.value = true
    try {
      const found = await api.get<Why>(`/api/agent/conversations/${at.conv}/why/${at.seq}`)
      if (mine === generation) why.value = found
    } catch (error) {
      if (mine === generation) problem.value = problemKey(error)
    } finally {
      if (mine === generation) loading.value = false
    }
  }
  watch(row, () => void read(), { immediate: true })
  return { why, problem, loading, reload: read }
}

/** What is right for a question, as the test bench writes it. */
export interface Expectation { want: 'article' | '-' | '@human' | '@smalltalk' | '@clarify', articles: string[] }

/** What a decision would have to come to again. */
export function expectationOf(packet: Why['packet']): Expectation {
  if (packet.action === 'answer' && packet.article) return { want: 'article', articles: [packet.article.id] }
  if (packet.action === 'clarify') return { want: '@clarify', articles: [] }
  if (packet.action === 'reply') return { want: '@smalltalk', articles: [] }
  return { want: packet.reason === 'no_answer' || packet.reason === 'clarify_limit' ? '-' : '@human', articles: [] }
}

/** Keeps the question of a trace as one whose answer must stay right. */
export async function keepAsTest(why: Why, origin: string, expected: Expectation): Promise<void> {
  const asked = why.packet.asked
  await api.post('/api/admin/bot/questions', {
    text: asked?.text || why.packet.question, previous: asked?.previous ?? [], locale: asked?.locale ?? '', department: asked?.department ?? 0,
    audience: (['public', 'customers', 'staff'] as const)[asked?.audience ?? 0], origin, ...expected,
  })
}
