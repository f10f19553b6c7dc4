import { ApiError } from '@frontdesk/shared/api/client'
import type { BotSetting } from '@frontdesk/shared/api/types'
import { computed, ref, shallowRef } from 'vue'
import { api, problemDetails, problemKey } from '../../../app/api.ts'

/** What can be edited of a site's settings. */
export type Editable = Omit<BotSetting, 'version' | 'updated_at' | 'configured' | '$schema'>

function editable(setting: BotSetting): Editable {
  const { mode, percent, answer, clarify, max_clarifications, suggest, generator, gate_on, gate_worse, hours } = setting
  return structuredClone({ mode, percent, answer, clarify, max_clarifications, suggest, generator, gate_on, gate_worse, hours })
}

/** Reads and saves how the bot behaves. */
export function useSettings() {
  const stored = shallowRef<BotSetting>()
  const form = ref<Editable>()
  const problem = ref('')
  const details = ref<string[]>([])
  const conflict = ref(false)
  const busy = ref(false)
  const saved = ref(false)
  const dirty = computed(() => stored.value !== undefined && JSON.stringify(form.value) !== JSON.stringify(editable(stored.value)))

  function take(setting: BotSetting) {
    stored.value = setting
    form.value = editable(setting)
    conflict.value = false
    problem.value = ''
    details.value = []
  }

  async function load() {
    try {
      take(await api.get<BotSetting>('/api/admin/bot/settings'))
      saved.value = false
    } catch (error) {
      problem.value = problemKey(error)
    }
  }

  /** Saves the form, or the stored settings with some of their fields changed. */
  async function save(changes?: Partial<Editable>): Promise<boolean> {
    if (!stored.value || !form.value) return false
    busy.value = true
    saved.value = false
    problem.value = ''
    details.value = []
    const { hours, ...rest } = changes ? { ...editable(stored.value), ...changes } : form.value
    try {
      take(await api.put<BotSetting>('/api/admin/bot/settings', { ...rest, ...hours ? { hours } : {}, version: stored.value.version }))
      saved.value = true
      return true
    } catch (error) {
      conflict.value = error instanceof ApiError && error.status === 409
      if (!conflict.value) problem.value = problemKey(error)
      details.value = problemDetails(error)
      if (error instanceof ApiError && error.status === 422 && !details.value.length && error.problem.detail) details.value = [error.problem.detail]
      return false
    } finally {
      busy.value = false
    }
  }
  return { stored, form, dirty, problem, details, conflict, busy, saved, load, save }
}
