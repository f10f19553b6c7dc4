// The part of Markdown that answers are written in, as a tree: paragraphs,
// lists, bold, inline code, links and images. Whoever shows it makes elements from the
// tree; no HTML passes through, so an answer cannot carry markup or script.

export type Inline
  = | { type: 'text', text: string }
  | { type: 'strong', children: Inline[] }
  | { type: 'code', text: string }
  | { type: 'link', href: string, children: Inline[] }
  | { type: 'image', src: string, alt: string, width?: number, height?: number }
  | { type: 'break' }

export type Block
  = | { type: 'paragraph', children: Inline[] }
  | { type: 'heading', children: Inline[] }
  | { type: 'list', ordered: boolean, start: number, items: Inline[][] }

const item = /^\s{0,3}(?:([-*•])|(\d{1,4})[.)、])\s+(.*)$/

/** Reads text into blocks. Text that is no Markdown comes back as paragraphs, unchanged. */
export function parseMarkdown(source: string): Block[] {
  const blocks: Block[] = []
  let lines: string[] = []
  const flush = () => {
    if (lines.length > 0) blocks.push({ type: 'paragraph', children: joinLines(lines) })
    lines = []
  }
  for (const line of source.replace(/\r\n?/g, '\n').split('\n')) {
    const found = item.exec(line)
    const heading = /^#{1,6}\s+(.+)$/.exec(line)
    if (found) {
      flush()
      addItem(blocks, found)
    } else if (heading) {
      flush()
      blocks.push({ type: 'heading', children: parseInline(heading[1]!) })
    } else if (line.trim() === '') {
      flush()
      blocks.push({ type: 'paragraph', children: [] })
    } else if (/^\s{2,}\S/.test(line) && continueItem(blocks, lines, line)) {
      continue
    } else {
      lines.push(line.trim())
    }
  }
  flush()
  return blocks.filter(block => block.type === 'list' || block.children.length > 0)
}

function addItem(blocks: Block[], found: RegExpExecArray): void {
  const ordered = found[2] !== undefined
  const children = parseInline(found[3]!)
  const last = blocks.at(-1)
  if (last?.type === 'list' && last.ordered === ordered) last.items.push(children)
  else blocks.push({ type: 'list', ordered, start: ordered ? Number(found[2]) : 1, items: [children] })
}

function continueItem(blocks: Block[], lines: string[], line: string): boolean {
  const last = blocks.at(-1)
  if (last?.type !== 'list' || lines.length > 0) return false
  last.items.at(-1)!.push({ type: 'break' }, ...parseInline(line.trim()))
  return true
}

function joinLines(lines: string[]): Inline[] {
  return lines.flatMap((line, index): Inline[] => index === 0 ? parseInline(line) : [{ type: 'break' }, ...parseInline(line)])
}

const inline = /!\[([^\]\n]{0,300})\]\(([^()\s]+)\)|\*\*(?=\S)(.+?\S|\S)\*\*|`([^`\n]+)`|\[([^\]\n]{1,500})\]\(([^()\s]+)\)|(https?:\/\/[^\s<>()"'，。；！？、（）]+[^\s<>()"'，。；！？、（）.,;:!?])/g

/** Reads one line's emphasis, code, links and images. Links other than http, https, mailto, tel and our own files stay plain text; so do images from elsewhere than https or our own files. */
export function parseInline(source: string): Inline[] {
  const out: Inline[] = []
  let from = 0
  const text = (until: number) => {
    if (until > from) out.push({ type: 'text', text: source.slice(from, until) })
  }
  for (const match of source.matchAll(inline)) {
    text(match.index)
    from = match.index + match[0].length
    const [whole, alt, src, strong, code, label, href, bare] = match
    if (src !== undefined) out.push(image(src, alt!) ?? { type: 'text', text: whole })
    else if (strong !== undefined) out.push({ type: 'strong', children: parseInline(strong) })
    else if (code !== undefined) out.push({ type: 'code', text: code })
    else if (bare !== undefined) out.push({ type: 'link', href: bare, children: [{ type: 'text', text: bare }] })
    else if (safeLink(href!)) out.push({ type: 'link', href: href!, children: [{ type: 'text', text: label! }] })
    else out.push({ type: 'text', text: whole })
  }
  text(source.length)
  return out
}

const ownFile = /^\/kb-files\/[0-9a-f-]{36}(?:#(\d{1,5})x(\d{1,5}))?$/

// A file of ours tells its size behind the #, so that the page keeps room for it.
function image(src: string, alt: string): Inline | undefined {
  const own = ownFile.exec(src)
  if (!own && !/^https:\/\//i.test(src)) return undefined
  return { type: 'image', src, alt, ...(own?.[1] && { width: Number(own[1]), height: Number(own[2]) }) }
}

/** Tells whether a link's target may be opened: no script, data or relative address. */
export function safeLink(href: string): boolean {
  return /^(?:https?:\/\/|mailto:|tel:)/i.test(href) || ownFile.test(href)
}
