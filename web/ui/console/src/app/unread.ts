import { ref } from 'vue'

/** How many conversations of the list on show have something unread; the tab's title tells it. */
export const unread = ref(0)

/** The tab's title: how many are unread, the page, the product. */
export function tabTitle(page: string, count: number): string {
  return `${count > 0 ? `(${count}) ` : ''}${page ? `${page} · ` : ''}Frontdesk`
}
