import { ApiClient, ApiError } from '@frontdesk/shared/api/client'

/** The value that unsafe requests carry back, and who hears of an ended session. */
export const credentials = { csrf: '', onEnded: () => {} }

/** Speaks to the server with the session's cookie. */
export const api = new ApiClient({
  headers: method => method === 'GET' ? {} as Record<string, string> : { 'X-CSRF-Token': credentials.csrf },
  onUnauthenticated: () => credentials.onEnded(),
})

/** What the server says is wrong with which field, in its own words; [] when it names none. */
export function problemDetails(error: unknown): string[] {
  if (!(error instanceof ApiError) || error.status < 400 || error.status >= 500) return []
  return (error.problem.errors ?? []).map(found => [found.location?.replace(/^body\./, ''), found.message].filter(Boolean).join(': ')).filter(Boolean)
}

/** Names the text to show for an error: one of `problem.*` in the catalogs. */
export function problemKey(error: unknown): string {
  if (!(error instanceof ApiError)) return 'problem.internal'
  if (error.status === 0) return 'problem.offline'
  if (error.status === 401) return 'problem.unauthenticated'
  if (error.status === 403) return 'problem.forbidden'
  if (error.status === 404) return 'problem.notFound'
  if (error.status === 409) return 'problem.stale'
  if (error.status === 429) return 'problem.tooMany'
  return error.status < 500 ? 'problem.invalid' : 'problem.internal'
}
