// Small things this device remembers. A frame whose storage is closed to it
// (some browsers do that to third parties) remembers them until it is left.
const memory = new Map<string, string>()

export function recall(name: string): string | undefined {
  try {
    return localStorage.getItem(name) ?? memory.get(name)
  } catch {
    return memory.get(name)
  }
}

export function remember(name: string, value: string | undefined): void {
  if (value === undefined) memory.delete(name)
  else memory.set(name, value)
  try {
    if (value === undefined) localStorage.removeItem(name)
    else localStorage.setItem(name, value)
  } catch { /* kept in memory */ }
}

export function storage(): Storage | undefined {
  try {
    return localStorage
  } catch {
    return undefined
  }
}
