import type { ArticleDiff, ArticleVersion, ArticleVersions, FieldDiff } from '@frontdesk/shared/api/types'
import type { Locale } from '@frontdesk/shared/locale'
import { ref, shallowRef, watch } from 'vue'
import { api, problemKey } from '../../app/api.ts'

/** The versions of a translation and how two of them differ. `draft` stands for the working copy. */
export function useHistory(id: string, locale: Locale, hasDraft: boolean, at?: number) {
  const versions = shallowRef<ArticleVersion[]>([])
  const fields = shallowRef<FieldDiff[]>()
  /** The later side. */
  const to = ref('')
  /** The side that it is compared with. */
  const from = ref('')
  const problem = ref('')
  const loading = ref(true)
  let generation = 0
  const address = `/api/admin/kb/articles/${encodeURIComponent(id)}/${locale}`

  async function load(): Promise<void> {
    loading.value = true
    try {
      versions.value = (await api.get<ArticleVersions>(`${address}/versions`)).versions
      problem.value = ''
      choose(at ? String(at) : hasDraft ? 'draft' : String(versions.value[0]?.version ?? ''))
    } catch (error) {
      problem.value = problemKey(error)
    } finally {
      loading.value = false
    }
  }

  /** Shows a version against the one before it, the working copy and the first version against what is published. */
  function choose(side: string): void {
    to.value = side
    const live = versions.value.find(version => version.published) ?? versions.value[0]
    const before = side === 'draft' ? live : versions.value.find(version => version.version < Number(side)) ?? live
    from.value = before && String(before.version) !== side ? String(before.version) : ''
  }

  watch([to, from], async () => {
    const mine = ++generation
    fields.value = undefined
    if (!to.value || !from.value || to.value === from.value) {
      fields.value = []
      return
    }
    try {
      const found = await api.get<ArticleDiff>(`${address}/diff`, { query: { from: from.value, to: to.value } })
      if (mine === generation) fields.value = found.fields
    } catch (error) {
      if (mine === generation) problem.value = problemKey(error)
    }
  })
  void load()

  return { versions, fields, to, from, problem, loading, choose, load }
}
