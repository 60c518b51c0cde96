import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { brotliCompressSync, constants as z, gzipSync } from 'node:zlib'
import type { Plugin } from 'vite'
import { defineConfig } from 'vitest/config'
import react from '@vitejs/plugin-react'
import tailwind from '@tailwindcss/vite'

/** What the first route may cost over the wire: the entry, the inbox, all they import, and the styles. */
const BUDGET_KB = 180
const FIRST_ROUTE = ['src/main.tsx', 'src/app/layout.tsx', 'src/features/inbox/inbox-page.tsx']

/** Libraries of which the first route needs nearly all. */
const BASE = /node_modules\/(@tanstack\/(router-core|react-router|history|store|react-store|query-core|react-query)|react|react-dom|scheduler|use-sync-external-store|openapi-fetch|class-variance-authority|clsx|tailwind-merge)\//

/** Writes `.br` and `.gz` next to every text asset, so the server never compresses at run time. */
const precompress = (): Plugin => ({
  name: 'precompress',
  apply: 'build',
  enforce: 'post',
  writeBundle({ dir }) {
    if (!dir) return
    const texts = readdirSync(dir, { recursive: true, encoding: 'utf8' }).filter(f => /\.(html|js|css|svg|json)$/.test(f))
    for (const name of texts) {
      const source = readFileSync(join(dir, name))
      if (source.length < 1024) continue
      const brotli = brotliCompressSync(source, { params: { [z.BROTLI_PARAM_QUALITY]: 11 } })
      writeFileSync(join(dir, `${name}.br`), brotli)
      writeFileSync(join(dir, `${name}.gz`), gzipSync(source, { level: 9 }))
    }
  },
})

/** Fails the build when the first route grew over its budget. */
const budget = (): Plugin => ({
  name: 'budget',
  apply: 'build',
  enforce: 'post',
  generateBundle(_options, bundle) {
    const files = new Map(Object.values(bundle).map(file => [file.fileName, file]))
    const wanted = new Set<string>()
    const visit = (name: string) => {
      const file = files.get(name)
      if (!file || wanted.has(name) || file.type !== 'chunk') return
      wanted.add(name)
      file.imports.forEach(visit)
    }
    for (const file of files.values()) {
      if (file.type !== 'chunk') continue
      const module = file.facadeModuleId ?? ''
      if (file.isEntry || FIRST_ROUTE.some(path => module.endsWith(path))) visit(file.fileName)
    }
    for (const file of files.values()) if (file.fileName.endsWith('.css')) wanted.add(file.fileName)
    const bytes = [...wanted].reduce((sum, name) => {
      const file = files.get(name)
      if (!file) return sum
      return sum + gzipSync(file.type === 'chunk' ? file.code : file.source, { level: 9 }).length
    }, 0)
    const kb = Math.round(bytes / 102.4) / 10
    if (kb > BUDGET_KB) this.error(`the first route weighs ${kb} KB gzip, its budget is ${BUDGET_KB} KB`)
    this.info(`first route: ${kb} of ${BUDGET_KB} KB gzip`)
  },
})

export default defineConfig({
  plugins: [react(), tailwind(), precompress(), budget()],
  resolve: { alias: { '@': '/src' } },
  build: {
    target: 'es2022',
    reportCompressedSize: false,
    // What every page needs, in one piece: many small ones compress badly.
    rolldownOptions: { output: { codeSplitting: { groups: [{ name: 'base', test: BASE }] } } },
  },
  server: { proxy: { '/api': { target: process.env.FRONTDESK_API ?? 'http://127.0.0.1:8080', ws: true } } },
  test: { environment: 'happy-dom', include: ['src/**/*.test.{ts,tsx}'] },
})
