// The desk of whoever works with leads: what they type stays, what they remove comes back, what happened is told in full, and
// the board, the search and the sharing out of leads go by the keyboard and by a click.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { inBothThemes, launch, logIn, onAPhone, open, until } from './browser.mjs'
import { PASSWORD, startDesk } from './desk.mjs'

let browser, desk, api, lan, stages
before(async () => {
  browser = await launch()
  desk = await startDesk({
    preset: 'admissions',
    people: [
      { username: 'admin', name: 'Ada Admin', role: 'admin', departments: ['admissions'] },
      { username: 'lan', name: 'Linda Tran', role: 'agent', departments: ['admissions'] },
      { username: 'minh', name: 'Minh Do', role: 'agent', departments: ['admissions'] },
    ],
  })
  api = await desk.as('admin')
  lan = await desk.as('lan')
  stages = (await api.get('/pipelines')).pipelines.find(pipeline => pipeline.is_default).stages
})
after(async () => {
  await browser.close()
  await desk.stop()
})

const make = (name, more = {}) => api.post('/leads', { name, assigned_to: lan.me.id, ...more })
const note = page => page.getByRole('textbox', { name: 'Note' })
const save = page => page.getByRole('button', { name: 'Save', exact: true })
const entry = (page, text) => page.getByRole('list', { name: 'Timeline' }).getByRole('listitem').filter({ hasText: text })
const logged = async lead => (await api.get(`/leads/${lead.id}/timeline?types=interaction`)).entries.map(one => one.item.summary)
/** By the desk's own links: whoever loads a page anew leaves the desk. */
const away = async page => {
  await page.getByRole('link', { name: 'Tasks', exact: true }).first().click()
  await page.getByRole('heading', { name: 'Tasks' }).waitFor()
}

test('what is typed stays until it is stored: over other pages, a refusal, a lost connection and a reload', async () => {
  const lead = await make('Nora Note', { phone: '+14155550401' })
  const { page, context, done } = await open(browser)
  await logIn(page, desk, 'lan', PASSWORD)
  await page.goto(`${desk.url}/leads/${lead.id}`)
  await note(page).fill('Rang twice.')
  await away(page)
  await page.goBack()
  await until(async () => (await note(page).inputValue()) === 'Rang twice.', 'the note is there again')

  await context.setOffline(true)
  await save(page).click()
  await page.getByRole('alert').filter({ hasText: 'The desk cannot be reached. Nothing is lost' }).waitFor()
  await inBothThemes(page, 'lead-unreachable', 'main')
  await context.setOffline(false)
  assert.deepEqual(await logged(lead), [], 'nothing goes off by itself later')

  await page.route('**/interactions', route => route.fulfill({ status: 503, contentType: 'text/html', body: '<h1>Down</h1>' }))
  await save(page).click()
  await page.getByRole('alert').filter({ hasText: 'cannot be reached' }).waitFor()
  await page.reload()
  await until(async () => (await note(page).inputValue()) === 'Rang twice.', 'it outlives a reload')
  await page.unroute('**/interactions')

  const other = await make('Olga Other', { phone: '+14155550402' })
  await page.goto(`${desk.url}/leads/${other.id}`)
  assert.equal(await note(page).inputValue(), '', 'it is of that lead alone')
  await page.goto(`${desk.url}/leads/${lead.id}`)
  await save(page).click()
  await entry(page, 'Rang twice.').waitFor()
  assert.equal(await note(page).inputValue(), '')
  await page.reload()
  await entry(page, 'Rang twice.').waitFor()
  assert.equal(await note(page).inputValue(), '', 'stored, it is gone')
  assert.deepEqual(await logged(lead), ['Rang twice.'])
  await done()
})

test('a removed entry is gone at once, comes back by its undo, and is removed by whoever leaves', async () => {
  const lead = await make('Remi Remove', { phone: '+14155550403' })
  await api.post(`/leads/${lead.id}/interactions`, { type: 'note', summary: 'A slip of the pen.' })
  const { page, done } = await open(browser)
  await logIn(page, desk, 'admin', PASSWORD)
  await page.goto(`${desk.url}/leads/${lead.id}`)
  const remove = entry(page, 'A slip').getByRole('button', { name: 'Remove the entry' })
  await remove.click()
  await page.getByRole('status').filter({ hasText: 'Entry removed' }).waitFor()
  await entry(page, 'A slip').waitFor({ state: 'detached' })
  assert.deepEqual(await logged(lead), ['A slip of the pen.'])
  await page.getByRole('button', { name: 'Undo' }).click()
  await remove.click()
  await entry(page, 'A slip').waitFor({ state: 'detached' })
  await page.goto('about:blank')
  await until(async () => (await logged(lead)).length === 0, 'whoever leaves leaves nothing undone')
  await done()
})

test('the way of a lead shows where it was, and its timeline to whom it went and what changed', async () => {
  const lead = await make('Tilda Timeline', { phone: '+14155550404', assigned_to: api.me.id, source: 'website' })
  await api.patch(`/leads/${lead.id}`, { status: 'connected' })
  await api.patch(`/leads/${lead.id}`, { assigned_to: lan.me.id })
  await api.patch(`/leads/${lead.id}`, { disposition: 'interested', priority: 'high', value: 150000 })
  const { page, done } = await open(browser)
  await logIn(page, desk, 'admin', PASSWORD)
  await page.goto(`${desk.url}/leads/${lead.id}`)
  await entry(page, 'Owner changed').filter({ hasText: 'Ada Admin → Linda Tran' }).waitFor()
  const changed = entry(page, 'Disposition: None → Interested')
  for (const line of ['Priority: Medium → High', 'Value: None → $1,500.00']) await changed.filter({ hasText: line }).waitFor()
  await entry(page, 'Lead created').filter({ hasText: 'Source: Website' }).waitFor()
  await entry(page, 'New → Connected').filter({ hasText: /At once\.|After \d+ seconds?\./ }).waitFor()
  const passed = () => page.getByRole('navigation', { name: 'Stages' }).locator('[data-passed]').allInnerTexts()
  await until(async () => (await passed()).length > 0, 'the first stage is marked')
  assert.deepEqual(await passed(), ['New'], 'what it passed over is not')
  await inBothThemes(page, 'lead-way', 'main')

  const lost = stages.find(stage => stage.kind === 'lost')
  await api.patch(`/leads/${lead.id}`, { status: lost.key, reason: 'Too far' })
  await page.setViewportSize({ width: 390, height: 844 })
  await page.goto(`${desk.url}/leads/${lead.id}`)
  await entry(page, `Connected → ${lost.name}`).first().waitFor()
  assert.deepEqual(await passed(), [])
  const present = page.getByRole('navigation', { name: 'Stages' }).getByRole('button', { name: lost.name })
  const box = await present.boundingBox()
  assert.ok(box.x >= 0 && box.x + box.width <= 390, `the present stage is in view: ${JSON.stringify(box)}`)
  await done()
})

test('an address that names no thing is not found at once', async () => {
  const { page, done } = await open(browser)
  await logIn(page, desk, 'admin', PASSWORD)
  const asked = []
  page.on('request', request => /NaN|abc/.test(new URL(request.url()).pathname) && request.resourceType() === 'fetch' && asked.push(request.url()))
  for (const address of ['/leads/abc', '/people/abc', '/leads/import/abc', '/leads/0']) {
    await page.goto(desk.url + address)
    await page.getByRole('heading', { name: 'There is no such page' }).waitFor()
  }
  assert.deepEqual(asked, [])
  await done()
})

test('keys go from card to card, a click anywhere opens one, and a slash goes to the page’s own search', async () => {
  const made = []
  for (const n of [1, 2, 3]) made.push(await make(`Kim Key ${n}`, { phone: `+1415555041${n}` }))
  await api.patch(`/leads/${made[0].id}`, { status: 'connected' })
  const { page, done } = await open(browser)
  await logIn(page, desk, 'admin', PASSWORD)
  await page.goto(`${desk.url}/pipeline?q=Kim Key`)
  await page.locator('[data-card]').nth(2).waitFor()
  const at = name => until(() => page.evaluate(name => document.activeElement?.closest('[data-card]')?.textContent.startsWith(name), name), `the focus is on ${name}`)
  for (const [key, name] of [['j', 'Kim Key 3'], ['j', 'Kim Key 2'], ['k', 'Kim Key 3'], ['ArrowDown', 'Kim Key 2'], ['l', 'Kim Key 1'], ['ArrowLeft', 'Kim Key 3'], ['ArrowRight', 'Kim Key 1'], ['h', 'Kim Key 3']]) {
    await page.keyboard.press(key)
    await at(name)
  }
  await inBothThemes(page, 'board-focus', 'main')
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { name: 'Kim Key 3' }).waitFor()
  await page.goBack()
  const card = page.locator('[data-card]').filter({ hasText: 'Kim Key 1' })
  const box = await card.boundingBox()
  await card.click({ position: { x: 20, y: box.height - 8 } })
  await page.getByRole('heading', { name: 'Kim Key 1' }).waitFor()
  for (const [address, label] of [['/pipeline', 'Name, phone, e-mail, notes'], ['/leads', 'Name, phone, e-mail, notes'], ['/people', 'Name, number, e-mail'], ['/tasks', 'Search tickets']]) {
    await page.goto(desk.url + address)
    await page.getByRole('heading', { level: 1 }).first().waitFor()
    await page.keyboard.press('/')
    await until(async () => (await page.evaluate(() => document.activeElement?.getAttribute('aria-label'))) === label, `${address}: the slash goes to “${label}”`)
  }
  await done()
})

test('chosen leads are shared among those who have room', async () => {
  for (const n of [1, 2, 3, 4]) await make(`Sue Share ${n}`, { phone: `+1415555042${n}` })
  const { page, done } = await open(browser)
  await logIn(page, desk, 'admin', PASSWORD)
  await page.goto(`${desk.url}/leads?q=Sue Share`)
  for (const n of [1, 2, 3, 4]) await page.getByRole('checkbox', { name: `Choose Sue Share ${n}` }).check()
  const bar = page.getByRole('toolbar', { name: 'For the chosen leads' })
  await bar.getByRole('button', { name: 'Assign' }).click()
  await page.getByRole('option', { name: /^Minh Do 0 of \d+ leads$/ }).waitFor()
  await page.keyboard.press('Escape')
  await onAPhone(page, 'leads-chosen')
  await bar.getByRole('button', { name: 'Share among…' }).click()
  const dialog = page.getByRole('dialog', { name: 'Give out 4 leads' })
  await dialog.getByRole('checkbox', { name: 'Linda Tran' }).uncheck()
  await inBothThemes(page, 'leads-share', '[role=dialog]')
  await onAPhone(page, 'leads-share')
  await dialog.getByRole('button', { name: 'Share among 2' }).click()
  await page.getByText('4 leads changed').waitFor()
  const owners = (await api.get('/leads?search=Sue Share')).leads.map(lead => lead.owner.name).sort()
  assert.deepEqual(owners, ['Ada Admin', 'Ada Admin', 'Minh Do', 'Minh Do'], 'two each')
  await done()
})
