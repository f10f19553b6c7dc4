/** Somebody who can be mentioned. */
export interface Named { id: string, name: string }

/** What is typed after an @ that begins the text or a word, up to the caret; undefined = none there. Names may have one space. */
export function mentionWord(text: string, caret: number): { word: string, from: number } | undefined {
  const before = text.slice(0, caret)
  const found = /(?:^|[\s(（，。,])([@＠])([^\s@＠]{0,32}(?: [^\s@＠]{1,32})?)$/u.exec(before)
  return found ? { word: found[2]!.toLowerCase(), from: caret - found[2]!.length - 1 } : undefined
}

/** Those whose name, or a word of it, begins with what was typed. */
export function matchingNames<T extends Named>(all: readonly T[], word: string, limit = 8): T[] {
  const fits = (name: string) => name.toLowerCase().startsWith(word) || name.toLowerCase().split(/\s+/).some(part => part.startsWith(word))
  return all.filter(one => one.name && fits(one.name)).slice(0, limit)
}

/** The colleagues whose "@name" stands in a note; of two names the longer counts. */
export function mentionedIn(text: string, all: readonly Named[]): string[] {
  return [...new Set(mentionParts(text, all).flatMap(part => part.id ? [part.id] : []))].slice(0, 20)
}

/** A note cut into its mentions and what lies between them. */
export function mentionParts(text: string, names: readonly Named[]): { text: string, id?: string }[] {
  const known = names.filter(one => one.name).sort((a, b) => b.name.length - a.name.length)
  const parts: { text: string, id?: string }[] = []
  let plain = ''
  for (let i = 0; i < text.length;) {
    const one = text[i] === '@' || text[i] === '＠' ? known.find(one => text.startsWith(one.name, i + 1) && !/^[\p{L}\p{N}]/u.test(isHan(one.name) ? '' : text.slice(i + 1 + one.name.length, i + 3 + one.name.length))) : undefined
    if (!one) {
      plain += text[i++]
      continue
    }
    if (plain) parts.push({ text: plain })
    plain = ''
    parts.push({ text: text.slice(i, i + 1 + one.name.length), id: one.id })
    i += 1 + one.name.length
  }
  if (plain) parts.push({ text: plain })
  return parts
}

// A Chinese name is followed by text without a space.
function isHan(name: string): boolean {
  return /\p{Script=Han}$/u.test(name)
}
