// The browser: Debian's Chromium by playwright-core, axe for accessibility, and no console error goes unseen.
import { createRequire } from 'node:module'
import { mkdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const here = dirname(fileURLToPath(import.meta.url))
// The packages are the user interface's own.
const require = createRequire(join(here, '../../web/package.json'))
const { chromium } = require('playwright-core')
const axe = require.resolve('axe-core/axe.min.js')
const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium'
const args = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync']

export const launch = () => chromium.launch({ executablePath, args })

/** A page whose console errors and failed scripts fail the test that calls `check`. */
export async function open(browser, { viewport = { width: 1440, height: 900 }, theme = 'light', locale = 'en' } = {}) {
  const context = await browser.newContext({ viewport, colorScheme: theme, locale, reducedMotion: 'reduce' })
  const page = await context.newPage()
  const errors = []
  page.on('pageerror', e => errors.push(String(e)))
  // A 401 on the first refresh and a 4xx that a test provokes are told by the page itself.
  page.on('console', m => { if (m.type() === 'error' && !/Failed to load resource/.test(m.text())) errors.push(m.text()) })
  return { page, context, errors }
}

/** axe finds nothing. */
export async function accessible(page, where) {
  await page.addScriptTag({ path: axe }).catch(() => page.evaluate(require('node:fs').readFileSync(axe, 'utf8')))
  const { violations } = await page.evaluate(() => window.axe.run(document, { resultTypes: ['violations'] }))
  const words = violations.map(v => `${v.id} (${v.impact}): ${v.help}\n    ${v.nodes.slice(0, 3).map(n => n.target.join(' ')).join('\n    ')}`)
  if (words.length) throw new Error(`axe on ${where}:\n  ${words.join('\n  ')}`)
}

/** For people to look at; kept out of the repository. */
export async function picture(page, name) {
  const folder = process.env.PICTURES ?? join(here, 'out')
  mkdirSync(folder, { recursive: true })
  await page.screenshot({ path: join(folder, `${name}.png`) })
}

export async function logIn(page, url, username, password) {
  await page.goto(url)
  await page.getByLabel(/user name or e-mail|tên đăng nhập/i).fill(username)
  await page.getByLabel(/^password|^mật khẩu/i).fill(password)
  await page.getByRole('button', { name: /^log in|^đăng nhập/i }).click()
}
