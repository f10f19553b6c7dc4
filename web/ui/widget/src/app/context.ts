import { createContext } from 'preact'
import { useContext, useEffect, useReducer } from 'preact/hooks'
import type { Desk } from './desk.ts'
import { catalogs, type Texts } from './texts.ts'

export const DeskContext = createContext<Desk>(undefined as unknown as Desk)

/** The desk, and a new drawing whenever it changes. */
export function useDesk(desk?: Desk): { desk: Desk, t: Texts } {
  const found = useContext(DeskContext)
  const used = desk ?? found
  const [, draw] = useReducer((n: number) => n + 1, 0)
  useEffect(() => used.subscribe(() => draw(0)), [used])
  return { desk: used, t: catalogs[used.locale] }
}
