/** Where to go after signing in: a path of this console, never another site. */
export function localPath(next: unknown): string {
  return typeof next === 'string' && /^\/(?![/\\])/.test(next) ? next : '/inbox'
}
