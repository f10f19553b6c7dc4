/** Names of people by user id and of departments by number. */
export interface Names {
  people: ReadonlyMap<string, string>
  departments: readonly { id: number, name: string }[]
}

export function departmentName(id: number, names: Names): string {
  return names.departments.find(department => department.id === id)?.name ?? (id ? `#${id}` : '')
}

/** An ISO time as an <input type="datetime-local"> has it, in the browser's zone; '' stays. */
export function toLocalInput(time: string): string {
  if (!time) return ''
  const date = new Date(time)
  return Number.isNaN(date.getTime()) ? '' : new Date(date.getTime() - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 16)
}

/** The reverse of toLocalInput. */
export function fromLocalInput(value: string): string {
  const date = new Date(value)
  return value && !Number.isNaN(date.getTime()) ? date.toISOString() : ''
}
