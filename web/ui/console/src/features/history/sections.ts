/** What the history has: one line a page, in the order of its tabs. */
export const sections: readonly { to: string, text: string, admin?: boolean }[] = [
  { to: '/history/search', text: 'history.search' },
  { to: '/history/privacy', text: 'history.privacy', admin: true },
]
