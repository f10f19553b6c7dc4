/** What an Enter means in a text field. */
export interface EnterKey {
  key: string
  keyCode: number
  isComposing: boolean
  shiftKey: boolean
  ctrlKey: boolean
  metaKey: boolean
  altKey: boolean
}

/**
 * Tells whether the key belongs to an input method. Safari reports the Enter
 * that ends a composition with isComposing false but keyCode 229, so both count.
 */
export function isComposing(event: Pick<EnterKey, 'isComposing' | 'keyCode'>): boolean {
  return event.isComposing || event.keyCode === 229
}

/**
 * Tells whether this key press sends the message.
 * @param mode 'enter': Enter sends, Shift+Enter breaks the line. 'mod-enter': only Ctrl/Cmd+Enter sends. Ctrl/Cmd+Enter sends in both.
 */
export function sendsMessage(event: EnterKey, mode: 'enter' | 'mod-enter' = 'enter'): boolean {
  if (event.key !== 'Enter' || isComposing(event) || event.altKey) return false
  if (event.ctrlKey || event.metaKey) return true
  return mode === 'enter' && !event.shiftKey
}
