import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vite'

// The loader is one classic script with a fixed name, without imports.
export default defineConfig({
  publicDir: false,
  build: {
    target: 'es2020',
    emptyOutDir: false,
    lib: {
      entry: fileURLToPath(new URL('src/loader/loader.ts', import.meta.url)),
      formats: ['iife'],
      name: 'FrontdeskLoader',
      fileName: () => 'loader.js',
    },
  },
})
