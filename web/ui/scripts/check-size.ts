// Compares what was built with size-budget.json, in bytes after gzip -9.
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'

interface Chunk { file: string, css?: string[], imports?: string[] }
type Manifest = Record<string, Chunk>

const at = (path: string) => fileURLToPath(new URL(`../${path}`, import.meta.url))
const gzipped = (path: string) => gzipSync(readFileSync(at(path)), { level: 9 }).length
const budget = JSON.parse(readFileSync(at('size-budget.json'), 'utf8')) as Record<string, { maxBytesGzip: number, what: string }>

/** All files that the entries load before they run. */
function files(manifest: Manifest, entries: string[], styles: boolean): string[] {
  const seen = new Set<string>()
  const visit = (name: string) => {
    const chunk = manifest[name]
    if (!chunk || seen.has(chunk.file)) return
    seen.add(chunk.file)
    if (styles) chunk.css?.forEach(file => seen.add(file))
    chunk.imports?.forEach(visit)
  }
  entries.forEach(visit)
  return [...seen]
}

function app(name: string, entries: string[], styles: boolean): number {
  const manifest = JSON.parse(readFileSync(at(`${name}/dist/.vite/manifest.json`), 'utf8')) as Manifest
  return files(manifest, entries, styles).reduce((sum, file) => sum + gzipped(`${name}/dist/${file}`), 0)
}

if (!existsSync(at('widget/dist/loader.js')) || !existsSync(at('console/dist/.vite/manifest.json'))) {
  console.error('nothing to measure: run `npm run build` first')
  process.exit(1)
}
const sizes: Record<string, number> = {
  loader: gzipped('widget/dist/loader.js'),
  widget: app('widget', ['index.html'], true),
  console: app('console', ['index.html', 'src/app/AppShell.vue', 'src/features/workbench/WorkbenchPage.vue'], false),
}
let over = false
for (const [name, { maxBytesGzip }] of Object.entries(budget)) {
  const size = sizes[name]!
  over ||= size > maxBytesGzip
  console.log(`size ${name} ${size} of ${maxBytesGzip} B gzip${size > maxBytesGzip ? ' TOO LARGE' : ''}`)
}
process.exit(over ? 1 : 0)
