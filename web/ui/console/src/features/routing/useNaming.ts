import type { RoutingTeams } from '@frontdesk/shared/api/types'
import { computed, type Ref } from 'vue'
import { useI18n } from 'vue-i18n'
import type { Naming } from './words.ts'

/** The words of the pages, with the names of a site's teams. */
export function useNaming(teams: Ref<RoutingTeams | undefined>): Ref<Naming> {
  const { t, te } = useI18n()
  const names = computed(() => new Map(teams.value?.teams.map(team => [team.id, team.name])))
  return computed(() => ({ t, te, team: (id: string) => names.value.get(id) ?? '' }))
}
