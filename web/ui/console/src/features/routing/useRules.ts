import { ApiError } from '@frontdesk/shared/api/client'
import type { RoutingRules, RoutingRuleSet, RoutingStrategy } from '@frontdesk/shared/api/types'
import { computed, ref, shallowRef, watch, type Ref } from 'vue'
import { api, problemKey } from '../../app/api.ts'
import { troubleOf, type Trouble } from './useRead.ts'

/** What people set, without who set it. */
export function ruleSetOf(rules: RoutingRules): RoutingRuleSet {
  const { version, strategies, ageing_s, reservation_s, overflow, rules: list, teams, default_cap } = rules
  return structuredClone({ version, strategies, ageing_s, reservation_s, overflow, rules: list, teams, default_cap })
}

/** The strategies with one moved to another place among those of its kind. Those of other kinds keep their places. */
export function moved(strategies: readonly RoutingStrategy[], kindOf: (name: string) => string, name: string, to: number): RoutingStrategy[] {
  const kind = kindOf(name)
  const same = strategies.filter(one => kindOf(one.name) === kind)
  const from = same.findIndex(one => one.name === name)
  const target = Math.max(0, Math.min(same.length - 1, to))
  if (from < 0 || from === target) return [...strategies]
  const [taken] = same.splice(from, 1)
  if (taken) same.splice(target, 0, taken)
  return strategies.map(one => kindOf(one.name) === kind ? same.shift() ?? one : one)
}

/** Reads and saves a site's rules. */
export function useRules(site: Ref<string>) {
  const stored = shallowRef<RoutingRules>()
  const form = ref<RoutingRuleSet>()
  const problem = ref('')
  const trouble = ref<Trouble>()
  const conflict = ref(false)
  const busy = ref(false)
  const saved = ref(false)
  const dirty = computed(() => stored.value !== undefined && JSON.stringify(form.value) !== JSON.stringify(ruleSetOf(stored.value)))
  const kinds = computed(() => new Map(stored.value?.catalog.map(spec => [spec.name, spec.kind])))
  const kindOf = (name: string) => kinds.value.get(name) ?? ''
  let generation = 0

  function take(rules: RoutingRules): void {
    stored.value = rules
    form.value = ruleSetOf(rules)
    conflict.value = false
    problem.value = ''
    trouble.value = undefined
  }

  async function load(): Promise<void> {
    const mine = ++generation
    try {
      const found = await api.get<RoutingRules>('/api/admin/routing/rules', { query: { site: site.value } })
      if (mine !== generation) return
      take(found)
      saved.value = false
    } catch (error) {
      if (mine === generation) problem.value = problemKey(error)
    }
  }

  /** Saves the form, or the stored rules with some of them changed. */
  async function save(changes?: Partial<RoutingRuleSet>): Promise<boolean> {
    if (!stored.value || !form.value) return false
    busy.value = true
    saved.value = false
    problem.value = ''
    trouble.value = undefined
    const body = changes ? { ...ruleSetOf(stored.value), ...changes } : form.value
    try {
      take(await api.request<RoutingRules>('PUT', '/api/admin/routing/rules', { body: { ...body, version: stored.value.version }, query: { site: site.value } }))
      saved.value = true
      return true
    } catch (error) {
      conflict.value = error instanceof ApiError && error.status === 409
      if (!conflict.value) trouble.value = troubleOf(error)
      return false
    } finally {
      busy.value = false
    }
  }

  function move(name: string, to: number): void {
    if (form.value) form.value.strategies = moved(form.value.strategies, kindOf, name, to)
  }

  // What was said of the form is said of the form as it was.
  watch(form, () => { trouble.value = undefined }, { deep: true })
  watch(site, () => {
    stored.value = form.value = undefined
    void load()
  }, { immediate: true })
  return { stored, form, dirty, problem, trouble, conflict, busy, saved, kindOf, load, save, move }
}
