import { type Inline, parseMarkdown } from '@frontdesk/shared/markdown'
import type { ComponentChildren } from 'preact'
import { useMemo } from 'preact/hooks'

function inline(nodes: Inline[]): ComponentChildren {
  return nodes.map((node, i) => {
    switch (node.type) {
      case 'text': return node.text
      case 'break': return <br key={i} />
      case 'code': return <code key={i}>{node.text}</code>
      case 'image': return <img key={i} src={node.src} alt={node.alt} width={node.width} height={node.height} loading="lazy" decoding="async" referrerpolicy="no-referrer" />
      case 'strong': return <strong key={i}>{inline(node.children)}</strong>
      case 'link': return <a key={i} href={node.href} target="_blank" rel="noopener noreferrer nofollow">{inline(node.children)}</a>
    }
  })
}

/** Shows Markdown as elements; nothing in the text becomes HTML. */
export function Markdown({ text }: { text: string }) {
  const blocks = useMemo(() => parseMarkdown(text), [text])
  return (
    <div class="md">
      {blocks.map((block, i) => {
        if (block.type === 'paragraph') return <p key={i}>{inline(block.children)}</p>
        if (block.type === 'heading') return <p key={i}><strong>{inline(block.children)}</strong></p>
        const items = block.items.map((item, j) => <li key={j}>{inline(item)}</li>)
        return block.ordered ? <ol key={i} start={block.start}>{items}</ol> : <ul key={i}>{items}</ul>
      })}
    </div>
  )
}
