/** What the storage keys of unsent texts begin with. */
export const draftPrefix = 'frontdesk.draft.'

/** Removes every unsent text of this device, as signing out does. */
export function clearDrafts(storage: Storage = localStorage): void {
  try {
    for (const name of Object.keys(storage)) if (name.startsWith(draftPrefix)) storage.removeItem(name)
  } catch { /* a forbidden storage holds none */ }
}
