// The browser: Debian's Chromium by playwright-core, axe for accessibility, and no console error goes unseen.
import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { mkdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** How long anything may take (ms): a slow machine is no fault. Whoever waits goes on as soon as it is there. */
const PATIENCE = 45_000
const here = dirname(fileURLToPath(import.meta.url))
// The packages are the user interface's own.
const require = createRequire(join(here, '../../web/package.json'))
const { chromium } = require('playwright-core')
const axe = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8')
const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium'
const args = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync']

export const launch = () => chromium.launch({ executablePath, args })

/** A page of its own; `done` closes it and fails when its console saw an error. */
export async function open(browser, { viewport = { width: 1440, height: 900 }, theme = 'light', locale = 'en' } = {}) {
  const context = await browser.newContext({ viewport, colorScheme: theme, locale, reducedMotion: 'reduce' })
  context.setDefaultTimeout(PATIENCE)
  const page = await context.newPage()
  const errors = []
  page.on('pageerror', e => errors.push(String(e)))
  // The browser itself says that an answer was a refusal: the first refresh without a cookie, and what a test provokes.
  page.on('console', m => { if (m.type() === 'error' && !/Failed to load resource/.test(m.text())) errors.push(m.text()) })
  const done = async () => {
    await context.close()
    assert.deepEqual(errors, [], 'the console stays silent')
  }
  return { page, context, errors, done }
}

/** axe finds nothing: on the page, or in a part of it. */
export async function accessible(page, where, part) {
  // Evaluated by the debugger, so that the page's own policy stays in force.
  await page.evaluate(axe)
  const { violations } = await page.evaluate(part => window.axe.run(part ?? document, { resultTypes: ['violations'] }), part)
  const words = violations.map(v => `${v.id} (${v.impact}): ${v.help}\n    ${v.nodes.slice(0, 3).map(n => `${n.target.join(' ')}  ${n.html.slice(0, 140)}`).join('\n    ')}`)
  if (words.length) throw new Error(`axe on ${where}:\n  ${words.join('\n  ')}`)
}

/** For people to look at; kept out of the repository. */
export async function picture(page, name) {
  const folder = process.env.PICTURES ?? join(here, 'out')
  mkdirSync(folder, { recursive: true })
  await page.screenshot({ path: join(folder, `${name}.png`) })
}

/** Nothing for axe to find on a page, or in a part of it, in either theme; a picture of each. */
export async function inBothThemes(page, name, part) {
  for (const theme of ['light', 'dark']) {
    await page.emulateMedia({ colorScheme: theme })
    // Colours change in their time.
    await page.evaluate(() => Promise.all(document.getAnimations().filter(one => one instanceof CSSTransition).map(one => one.finished.catch(() => undefined))))
    await accessible(page, `${name} (${theme})`, part)
    await picture(page, `${name}-${theme}`)
  }
  await page.emulateMedia({ colorScheme: 'light' })
}

/** Nothing sticks out on a phone; a picture of it. */
export async function onAPhone(page, name) {
  await page.setViewportSize({ width: 390, height: 844 })
  await picture(page, `${name}-phone`)
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)
  assert.ok(wide <= 0, `${name} is ${wide} px wider than the screen`)
  await page.setViewportSize({ width: 1440, height: 900 })
}

export async function fillLogIn(page, username, password) {
  await page.locator('input[autocomplete=username]').fill(username)
  await page.locator('input[type=password]').fill(password)
  await page.locator('button[type=submit]').click()
}

/** Logs in and waits for the inbox to be live. */
export async function logIn(page, desk, username, password) {
  const live = page.waitForEvent('websocket', ws => ws.url().includes('/api/v1/ws')).then(ws => ws.waitForEvent('framereceived'))
  await page.goto(desk.url)
  await fillLogIn(page, username, password)
  await page.waitForURL('**/inbox*')
  await page.getByRole('heading', { name: /^(Inbox|Hộp thư)$/ }).waitFor()
  await live
}

/** The rows of the list of tickets, and the one of somebody. */
export const rows = page => page.getByRole('list', { name: /^(Tickets|Danh sách phiếu)$/ }).getByRole('listitem')
export const row = (page, name) => rows(page).filter({ hasText: name })

/** Waits until `what` answers something true, and gives it back. */
export async function until(what, words, within = PATIENCE) {
  const end = Date.now() + within
  for (;;) {
    const found = await what()
    if (found) return found
    assert.ok(Date.now() < end, `not in time: ${words}`)
    await new Promise(resolve => setTimeout(resolve, 25))
  }
}
