interface Scored { score: number }

/** A candidate's score in percent of the best one's, 0 to 100. Fused scores have no ceiling and mean nothing by themselves. */
export function shareOfBest(candidate: Scored, all: readonly Scored[]): number {
  const best = Math.max(...all.map(({ score }) => score))
  return best > 0 ? Math.round(100 * Math.min(1, Math.max(0, candidate.score / best))) : 0
}
