import type { FromApp, ToApp } from '../loader/bridge.ts'

/** The page that holds the frame. Without one (the app opened by itself) it hears nothing and says nothing. */
export class Parent {
  readonly #origin: string
  readonly embedded = window.parent !== window

  /** @param origin The host page's origin, from the frame's address: messages go to it and come from it only. */
  constructor(origin: string) {
    this.#origin = origin
  }

  say(message: FromApp): void {
    if (this.embedded && this.#origin) window.parent.postMessage(message, this.#origin)
  }

  hear(listener: (message: ToApp) => void): void {
    window.addEventListener('message', (event: MessageEvent<ToApp>) => {
      if (event.source === window.parent && event.origin === this.#origin && event.data?.frontdesk) listener(event.data)
    })
  }
}
