import vue from '@vitejs/plugin-vue'
import { defineConfig } from 'vite'

// The server serves dist at /console/ and answers every page below it with index.html.
export default defineConfig({
  base: '/console/',
  plugins: [vue()],
  define: { __VUE_I18N_LEGACY_API__: false, __INTLIFY_PROD_DEVTOOLS__: false, __VUE_OPTIONS_API__: true, __VUE_PROD_DEVTOOLS__: false },
  build: { target: 'es2022', manifest: true, modulePreload: { polyfill: false } },
  server: { proxy: { '/api': 'http://127.0.0.1:8080', '/ws': { target: 'ws://127.0.0.1:8080', ws: true } } },
})
