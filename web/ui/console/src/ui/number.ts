/** The whole number that a field's text is while it is typed; undefined: none yet, or one that begins below `min`, as 1 of 15 does. */
export function whileTyped(text: string, min: number, max: number): number | undefined {
  const n = Math.round(Number(text))
  return text.trim() === '' || !Number.isFinite(n) || n < min ? undefined : Math.min(max, n)
}

/** The number that it is once the field is left: within the bounds. */
export function whenLeft(text: string, min: number, max: number): number {
  const n = Math.round(Number(text))
  return Number.isFinite(n) ? Math.max(min, Math.min(max, n)) : min
}
