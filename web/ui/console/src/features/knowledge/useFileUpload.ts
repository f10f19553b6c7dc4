import { ApiError } from '@frontdesk/shared/api/client'
import { ref } from 'vue'
import { api, problemKey } from '../../app/api.ts'

/** A stored image or attachment. */
export interface StoredFile {
  /** Where it is served. */
  url: string
  /** What an answer shows it with. */
  markdown: string
  /** An image; anything else is offered for saving. */
  inline: boolean
}

/** The largest file, in bytes. */
export const maxFileBytes = 10 * 1024 * 1024

/** Uploads images and attachments of articles. `problem` is the key of a text. */
export function useFileUpload() {
  const busy = ref(false)
  const problem = ref('')

  async function upload(file: File): Promise<StoredFile | undefined> {
    problem.value = ''
    if (file.size > maxFileBytes) {
      problem.value = 'imports.fileTooLarge'
      return undefined
    }
    busy.value = true
    try {
      const content = await file.arrayBuffer().catch(() => undefined)
      if (!content) {
        problem.value = 'imports.changed'
        return undefined
      }
      return await api.post<StoredFile>('/api/admin/kb/files', new Blob([content]), { query: { name: file.name }, contentType: 'application/octet-stream' })
    } catch (error) {
      const status = error instanceof ApiError ? error.status : 0
      problem.value = status === 413 ? 'imports.fileTooLarge' : status === 415 ? 'imports.fileType' : problemKey(error)
      return undefined
    } finally {
      busy.value = false
    }
  }

  return { busy, problem, upload }
}
