import { inject, nextTick, provide, watch, type InjectionKey, type Ref } from 'vue'
import type { Trouble, Wrong } from './useRead.ts'

const key: InjectionKey<{ fields: () => readonly Wrong[] }> = Symbol('wrong')

/** The names under which a field may be found, its own first: `rules[0].skills[1].name`, `rules[0].skills[1]`, … */
export function placesOf(at: string): string[] {
  const places = [at]
  for (let end = at.length; (end = Math.max(at.lastIndexOf('.', end - 1), at.lastIndexOf('[', end - 1))) > 0;) places.push(at.slice(0, end))
  return places
}

/**
 * Has the fields of a form told which of them are at fault, and puts the focus on the first.
 * @param box what the form's fields are in
 */
export function provideWrong(trouble: () => Trouble | undefined, box: Readonly<Ref<HTMLElement | null>>): void {
  provide(key, { fields: () => trouble()?.fields ?? [] })
  watch(trouble, async (now) => {
    const first = now?.fields?.[0]
    if (!first) return
    await nextTick()
    for (const place of placesOf(first.at)) {
      const found = box.value?.querySelector<HTMLElement>(`[data-field="${CSS.escape(place)}"]`)
      if (!found) continue
      const field = found.matches('input, select, button') ? found : found.querySelector<HTMLElement>('input, select, button')
      field?.scrollIntoView({ block: 'center' })
      field?.focus({ preventScroll: true })
      return
    }
  }, { flush: 'post' })
}

/** What a field of such a form binds: its name, and whether it is at fault. */
export function useWrong(): (at: string) => { 'data-field': string, 'aria-invalid'?: true } {
  const form = inject(key, undefined)
  return at => ({ 'data-field': at, ...form?.fields().some(one => one.at === at) && { 'aria-invalid': true as const } })
}
