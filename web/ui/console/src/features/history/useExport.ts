import type { ExportSize } from '@frontdesk/shared/api/types'
import { computed, onScopeDispose, ref, shallowRef } from 'vue'
import { api, problemKey } from '../../app/api.ts'

interface FileSink { write(part: Uint8Array<ArrayBuffer>): Promise<void>, close(): Promise<void>, abort(): Promise<void> }
interface Picker { showSaveFilePicker?(options: { suggestedName: string }): Promise<{ createWritable(): Promise<FileSink> }> }

/** Counts the rows of an export as it comes: JSON lines have one "seq" an event, sheets one line. */
export function rowCounter(format: string): (part: string) => number {
  if (format === 'csv') return part => part.split('\n').length - 1
  let rest = ''
  return (part) => {
    const text = rest + part
    const found = text.split('"seq":').length - 1
    rest = text.slice(-5) // a name that is cut in two
    if (rest.includes('"seq":')) rest = ''
    return found
  }
}

/**
 * An export with its progress. It goes to disk as it comes where the browser can do that; elsewhere it is kept in
 * memory until it is complete. What breaks off is not kept.
 */
export function useExport() {
  const size = shallowRef<ExportSize>()
  const state = ref<'idle' | 'counting' | 'running' | 'done' | 'broken' | 'stopped'>('idle')
  const rows = ref(0)
  const bytes = ref(0)
  const toDisk = ref(false)
  const problem = ref('')
  const percent = computed(() => size.value?.events ? Math.min(100, Math.round(100 * rows.value / size.value.events)) : 0)
  const canPick = typeof (globalThis as Picker).showSaveFilePicker === 'function'
  let stop: AbortController | undefined

  async function count(query: Record<string, string>): Promise<void> {
    state.value = 'counting'
    problem.value = ''
    try {
      size.value = await api.get<ExportSize>('/api/admin/export-sessions/count', { query })
    } catch (error) {
      problem.value = problemKey(error)
    }
    state.value = 'idle'
  }
  async function run(query: Record<string, string>, format: 'jsonl' | 'csv'): Promise<void> {
    const name = `conversations.${format}`
    let disk: FileSink | undefined
    if (canPick) {
      try {
        disk = await (await (globalThis as Picker).showSaveFilePicker!({ suggestedName: name })).createWritable()
      } catch (error) {
        if (error instanceof DOMException && error.name === 'AbortError') return // the person closed the dialog
      }
    }
    toDisk.value = disk !== undefined
    stop = new AbortController()
    state.value = 'running'
    rows.value = bytes.value = 0
    problem.value = ''
    const parts: Uint8Array<ArrayBuffer>[] = []
    try {
      const answer = await fetch(`/api/admin/export-sessions?${new URLSearchParams({ ...query, format }).toString()}`, { signal: stop.signal, credentials: 'same-origin' })
      if (!answer.ok || !answer.body) throw new Error(String(answer.status))
      const counted = rowCounter(format)
      const decoder = new TextDecoder()
      for (const reader = answer.body.getReader(); ;) {
        const { done, value } = await reader.read() // it throws when the connection breaks off
        if (done) break
        bytes.value += value.byteLength
        rows.value += counted(decoder.decode(value, { stream: true }))
        if (disk) await disk.write(value)
        else parts.push(value)
      }
      if (disk) await disk.close()
      else save(new Blob(parts), name)
      state.value = 'done'
    } catch {
      await disk?.abort().catch(() => undefined)
      state.value = stop.signal.aborted ? 'stopped' : 'broken'
    }
  }
  function save(blob: Blob, name: string): void {
    const link = document.createElement('a')
    link.href = URL.createObjectURL(blob)
    link.download = name
    link.click()
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000)
  }
  onScopeDispose(() => stop?.abort())
  return { size, state, rows, bytes, percent, toDisk, problem, count, run, stop: () => stop?.abort() }
}
