import { onScopeDispose, ref, type Ref } from 'vue'

/**
 * The present time in Unix milliseconds, renewed now and then.
 * @param everyMs How often. @default 15000
 */
export function useNow(everyMs = 15_000): Ref<number> {
  const now = ref(Date.now())
  const timer = setInterval(() => { now.value = Date.now() }, everyMs)
  onScopeDispose(() => clearInterval(timer))
  return now
}

/** How long ago a time was, as the key and number of a text of `time.*`. */
export function ago(time: string | null | undefined, now: number): { key: string, n: number } {
  const seconds = Math.max(0, (now - Date.parse(time ?? '')) / 1000) || 0
  if (seconds < 60) return { key: 'time.now', n: 0 }
  if (seconds < 3600) return { key: 'time.minutes', n: Math.floor(seconds / 60) }
  if (seconds < 86_400) return { key: 'time.hours', n: Math.floor(seconds / 3600) }
  return { key: 'time.days', n: Math.floor(seconds / 86_400) }
}
