/**
 * Completes what naive-ui leaves out: it gives the title of a card, and the
 * part within it, the role of a heading, but no level, which ARIA requires.
 * The outer one becomes a heading of level 2, the inner one plain text.
 */
export function levelHeadings(root: Element): MutationObserver {
  const mend = () => {
    for (const heading of root.querySelectorAll('[role="heading"]:not([aria-level])')) {
      if (heading.parentElement?.closest('[role="heading"]')) heading.setAttribute('role', 'presentation')
      else heading.setAttribute('aria-level', '2')
    }
  }
  mend()
  const observer = new MutationObserver(mend)
  observer.observe(root, { childList: true, subtree: true })
  return observer
}
