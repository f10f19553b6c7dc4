// What the loader on the host's page and the app in the frame say to each
// other by postMessage. Both check origin and source of what they receive.

/** From the app to the loader. */
export type FromApp
  = | { frontdesk: 'ready' }
  | { frontdesk: 'close' }
  | { frontdesk: 'unread', count: number }
  /** The visitor has written: from now on the badge is worth a connection on later pages. */
  | { frontdesk: 'active' }
  /** What became of the site's token. */
  | { frontdesk: 'identity', state: 'identified' | 'refused' | 'anonymous' }

/** From the loader to the app. */
export type ToApp
  = | { frontdesk: 'shown', shown: boolean, page: string, title: string }
  | { frontdesk: 'page', page: string, title: string }
  /** A token of the site's, signed with its secret: who the visitor is. */
  | { frontdesk: 'identify', token: string }
  | { frontdesk: 'logout' }
  | { frontdesk: 'attributes', values: Record<string, unknown> }
  | { frontdesk: 'text', text: string, send: boolean }
  | { frontdesk: 'look', locale?: string, theme?: string }
