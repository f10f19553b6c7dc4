import type * as frame from '../gen/frames.ts'

/** One state that a message had before it was changed; only staff receive it. */
export interface Former { content: string, time: string }

/** The number of the row that an "edited" or "deleted" row changes; undefined for every other row. */
export function targetOf(row: frame.Event): number | undefined {
  const target = row.kind === 'edited' || row.kind === 'deleted' ? Number(row.data?.target) : 0
  return target > 0 ? target : undefined
}

/**
 * A message after the change that `row` tells of. The server does the same to
 * the stored row, so that a page of history brings the result; what it also
 * has, the former texts, stays.
 */
export function amended(target: frame.Event, row: frame.Event): frame.Event {
  const mark = row.kind === 'deleted' ? 'deleted' : 'edited'
  // Of several changes of one message the server keeps the text of the last only.
  if (row.kind === 'edited' && !row.content) return target
  if (target.data?.[mark] !== undefined && target.content === (row.content ?? '')) return target
  const formers = formerTexts(target)
  const before = { content: target.content ?? '', time: timeOf(target) }
  const history = formers.some(one => one.content === before.content && one.time === before.time) ? formers : [...formers, before]
  return { ...target, content: mark === 'deleted' ? '' : row.content ?? '', data: { ...target.data, [mark]: row.time ?? '', history } }
}

/** When the message was last changed; undefined = never. */
export function editedAt(event: frame.Event): string | undefined {
  return isDeleted(event) ? undefined : text(event.data?.edited)
}

/** Tells whether the message was deleted: nothing of it is to be shown but its place. */
export function isDeleted(event: frame.Event): boolean {
  return event.data?.deleted !== undefined
}

/** What the message said before, oldest first. Staff only: a visitor's page has none from the server. */
export function formerTexts(event: frame.Event): Former[] {
  const list = Array.isArray(event.data?.history) ? event.data.history as unknown[] : []
  return list.flatMap((found) => {
    const one = typeof found === 'object' && found !== null ? found as Record<string, unknown> : {}
    return typeof one.content === 'string' ? [{ content: one.content, time: text(one.time) ?? '' }] : []
  })
}

// The time at which the present text was written.
function timeOf(event: frame.Event): string {
  return text(event.data?.edited) ?? event.time ?? ''
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : value === undefined || value === null || value === false ? undefined : ''
}
