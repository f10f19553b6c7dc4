import { customRef, type Ref } from 'vue'

/**
 * A value kept on this device under `key`. A storage that refuses costs only
 * that it is forgotten with the page.
 * @param fallback The value while nothing, or nothing readable, is kept.
 */
export function useLocalStorage<T>(key: string, fallback: T): Ref<T> {
  let value = read(key, fallback)
  return customRef((track, trigger) => ({
    get() {
      track()
      return value
    },
    set(next) {
      value = next
      try {
        localStorage.setItem(key, JSON.stringify(next))
      } catch { /* kept for this page only */ }
      trigger()
    },
  }))
}

function read<T>(key: string, fallback: T): T {
  try {
    const text = localStorage.getItem(key)
    return text === null ? fallback : JSON.parse(text) as T
  } catch {
    return fallback
  }
}
