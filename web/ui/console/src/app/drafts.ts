/** What the storage keys of unsent texts begin with. */
export const draftPrefix = 'frontdesk.draft.'

/** Removes what was typed in a conversation that is no more, whoever of this device typed it. */
export function clearDraftsOf(conv: string, storage: Storage = localStorage): void {
  try {
    for (const name of Object.keys(storage)) if (name.startsWith(draftPrefix) && name.endsWith(`.${conv}`)) storage.removeItem(name)
  } catch { /* a forbidden storage holds none */ }
}

/** Removes every unsent text of this device, as signing out does. */
export function clearDrafts(storage: Storage = localStorage): void {
  try {
    for (const name of Object.keys(storage)) if (name.startsWith(draftPrefix)) storage.removeItem(name)
  } catch { /* a forbidden storage holds none */ }
}
