// How it feels with 5 000 conversations. Printed, not asserted: machines differ.
import { test } from 'node:test'
import { launch, logIn, open, rows, until } from './browser.mjs'
import { PASSWORD, startDesk } from './desk.mjs'

test('J and K with 5 000 conversations', async () => {
  const desk = await startDesk({ preset: null, seed: 5000, people: [{ username: 'chief', name: 'The Chief', role: 'admin' }] })
  const browser = await launch()
  try {
    const { page, done } = await open(browser)
    await logIn(page, desk, 'chief', PASSWORD)
    await page.goto(`${desk.url}/inbox?tab=all&status=any`)
    await until(async () => (await rows(page).count()) > 5, 'the list is there')
    // Down to the end of what is loaded, until everything is.
    const list = page.getByRole('list', { name: 'Tickets' }).locator('..')
    const height = () => list.evaluate(node => { node.scrollTop = node.scrollHeight; return node.scrollHeight })
    let known = 0
    await until(async () => { const now = await height(); const isDone = now === known && now > 300_000; known = now; return isDone }, 'all are loaded', 60_000)
    await list.evaluate(node => { node.scrollTop = 0 })
    await page.getByRole('heading', { name: 'Inbox' }).click()
    await page.keyboard.press('j')
    await page.getByRole('log').waitFor()
    const took = []
    for (let n = 0; n < 60; n += 1) {
      took.push(await page.evaluate(async key => {
        const from = performance.now()
        dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true }))
        await new Promise(painted => requestAnimationFrame(() => setTimeout(painted, 0)))
        return performance.now() - from
      }, n < 45 ? 'j' : 'k'))
    }
    took.sort((a, b) => a - b)
    console.log(`key press to paint with 5 000 conversations: median ${took[30].toFixed(1)} ms, p95 ${took[56].toFixed(1)} ms, worst ${took[59].toFixed(1)} ms`)
    await done()
  } finally {
    await browser.close()
    await desk.stop()
  }
})
