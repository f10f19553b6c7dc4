import { type Inline, parseMarkdown } from '@frontdesk/shared/markdown'
import { defineComponent, h, type VNodeChild } from 'vue'

function inline(nodes: Inline[]): VNodeChild[] {
  return nodes.map((node) => {
    switch (node.type) {
      case 'text': return node.text
      case 'break': return h('br')
      case 'code': return h('code', node.text)
      case 'image': return h('img', { src: node.src, alt: node.alt, width: node.width, height: node.height, loading: 'lazy', decoding: 'async', referrerpolicy: 'no-referrer' })
      case 'strong': return h('strong', inline(node.children))
      case 'link': return h('a', { href: node.href, target: '_blank', rel: 'noopener noreferrer nofollow' }, inline(node.children))
    }
  })
}

/** Shows Markdown as elements; nothing in the text becomes HTML. */
export default defineComponent({
  name: 'UiMarkdown',
  props: { text: { type: String, required: true } },
  setup: props => () => h('div', { class: 'md' }, parseMarkdown(props.text).map((block) => {
    if (block.type === 'paragraph') return h('p', inline(block.children))
    if (block.type === 'heading') return h('p', h('strong', inline(block.children)))
    return h(block.ordered ? 'ol' : 'ul', block.ordered && block.start !== 1 ? { start: block.start } : {}, block.items.map(item => h('li', inline(item))))
  })),
})
