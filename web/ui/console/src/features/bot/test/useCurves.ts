import type { BotCurves, RiskCurve } from '@frontdesk/shared/api/types'
import { computed, ref, shallowRef } from 'vue'
import { api, problemKey } from '../../../app/api.ts'

export type CurvePoint = NonNullable<RiskCurve['points']>[number]

/** The point of a curve at a threshold of whole per cent. */
export function pointAt(curve: RiskCurve | undefined, percent: number): CurvePoint | undefined {
  return curve?.points?.[Math.max(0, Math.min(100, Math.round(percent)))]
}

/** A line through shares of a curve, for an SVG of 200 by 100. */
export function pathOf(points: readonly CurvePoint[], share: (point: CurvePoint) => number): string {
  return points.map((point, i) => `${i ? 'L' : 'M'}${(point.at * 200).toFixed(1)} ${(100 - share(point) * 100).toFixed(2)}`).join('')
}

/** What each threshold would do, by where it was measured. */
export function useCurves() {
  const curves = shallowRef<RiskCurve[]>([])
  const learnt = ref(0)
  const source = ref<RiskCurve['source']>()
  const problem = ref('')
  const loading = ref(true)
  const curve = computed(() => curves.value.find(curve => curve.source === source.value) ?? curves.value[0])

  async function load() {
    loading.value = true
    problem.value = ''
    try {
      const found = await api.get<BotCurves>('/api/admin/bot/curves')
      curves.value = found.curves ?? []
      learnt.value = found.learnt
      source.value ??= curves.value[0]?.source
    } catch (error) {
      problem.value = problemKey(error)
    } finally {
      loading.value = false
    }
  }
  return { curves, curve, learnt, source, problem, loading, load }
}
