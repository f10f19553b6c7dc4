import { pickLocale, type Locale } from '@frontdesk/shared/locale'
import { useLocalStorage } from './useLocalStorage.ts'

/** What a person set on this device. */
export type Scheme = 'system' | 'light' | 'dark'
export type EnterMode = 'enter' | 'mod-enter'

export const locale = useLocalStorage<Locale>('frontdesk.console.locale', pickLocale(...navigator.languages))
export const scheme = useLocalStorage<Scheme>('frontdesk.console.scheme', 'system')
/** What Enter does in the reply field. */
export const enterMode = useLocalStorage<EnterMode>('frontdesk.console.enter', 'enter')
