import '@frontdesk/shared/styles/tokens.css'
import './demo.css'
import { pickLocale } from '@frontdesk/shared/locale'
import { render } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { Drawing, Room } from './art.tsx'
import { type ProductId, shopTexts } from './texts.ts'

type Api = ((...call: unknown[]) => void) & { q?: unknown[] }
const page = window as unknown as { Frontdesk: Api }

// What a site puts into its pages: a queue for calls, and the loader.
page.Frontdesk ??= Object.assign((...call: unknown[]) => { (page.Frontdesk.q ??= []).push(call) }, { q: [] })
const loader = document.createElement('script')
loader.src = new URL('/widget/loader.js', location.href).href
loader.async = true

const startLocale = pickLocale(new URLSearchParams(location.search).get('lang'), ...navigator.languages)
const systemDark = matchMedia('(prefers-color-scheme: dark)')

function Shop() {
  const [locale, setLocale] = useState(startLocale)
  const [dark, setDark] = useState(systemDark.matches)
  const t = shopTexts[locale]
  useEffect(() => {
    document.documentElement.lang = locale
    document.title = t.name
    page.Frontdesk('locale', locale)
  }, [locale])
  useEffect(() => {
    document.documentElement.dataset.theme = dark ? 'dark' : 'light'
    page.Frontdesk('theme', dark ? 'dark' : 'light')
  }, [dark])
  const ask = (text: string) => page.Frontdesk('ask', text)
  return (
    <>
      <header class="bar">
        <a class="brand" href="/demo">
          <svg viewBox="0 0 32 32" aria-hidden="true"><path d="M11 5h10l4 11H7zM16 16v9m-5 2h10" /></svg>
          {t.name}
        </a>
        <nav aria-label={t.productsTitle}>{t.nav.map(name => <a key={name} href="#products">{name}</a>)}</nav>
        <div class="tools">
          <button type="button" onClick={() => setDark(!dark)}>{dark ? t.light : t.dark}</button>
          <button type="button" lang={locale === 'en' ? 'zh-CN' : 'en'} onClick={() => setLocale(locale === 'en' ? 'zh-CN' : 'en')}>{t.other}</button>
        </div>
      </header>
      <main>
        <section class="hero">
          <div class="words">
            <p class="kicker">{t.line}</p>
            <h1>{t.heroTitle}</h1>
            <p class="lead">{t.heroText}</p>
            <button type="button" class="cta" onClick={() => page.Frontdesk('open')}>{t.heroAction}</button>
            <p class="promise">{t.shippingNote}</p>
          </div>
          <Room />
        </section>
        <section class="try">
          <div>
            <h2>{t.tryTitle}</h2>
            <p>{t.tryText}</p>
          </div>
          <div class="questions">{t.questions.map(question => <button key={question} type="button" onClick={() => ask(question)}>{question}</button>)}</div>
        </section>
        <section id="products">
          <h2>{t.productsTitle}</h2>
          <ul class="products">
            {(Object.keys(t.products) as ProductId[]).map((id) => {
              const product = t.products[id]
              return (
                <li key={id}>
                  <Drawing of={id} />
                  <div class="caption">
                    <h3>{product.name}</h3>
                    <p>{product.note}</p>
                    <p class="price">
                      {product.price}
                      <button type="button" onClick={() => ask(product.ask)} aria-label={`${t.askAbout}: ${product.name}`}>{t.askAbout}</button>
                    </p>
                  </div>
                </li>
              )
            })}
          </ul>
        </section>
        <section class="agent">
          <h2>{t.agentTitle}</h2>
          <p>{t.agentText}</p>
          <a href="/console/">{t.agentLink}</a>
        </section>
      </main>
      <footer>{t.footer}</footer>
    </>
  )
}

render(<Shop />, document.getElementById('shop')!)
document.head.append(loader)
