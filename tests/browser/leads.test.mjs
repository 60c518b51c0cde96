// Leads: made, found, moved by every way, worked on; tasks done; in both themes, on a phone, in Vietnamese.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { accessible, fillLogIn, launch, logIn, open, picture, until } from './browser.mjs'
import { PASSWORD, startDesk } from './desk.mjs'

let browser, desk, api
before(async () => {
  browser = await launch()
  desk = await startDesk({
    preset: 'admissions',
    people: [
      { username: 'admin', name: 'Ada Admin', role: 'admin', departments: ['admissions'] },
      { username: 'lan', name: 'Linda Tran', role: 'agent', departments: ['admissions'] },
      { username: 'sam', name: 'Samuel Ortiz', role: 'agent', departments: ['admissions'] },
    ],
  })
  api = await desk.as('admin')
  const lan = await desk.as('lan')
  const made = [
    { name: 'Nguyễn Thị Đào', phone: '+14155550101', email: 'dao@example.com', value: 1_500_000, students: [{ name: 'Minh', grade_applying_for: '6' }], custom: { entry_year: '2027' } },
    { name: 'Sofia Rossi', phone: '+14155550102', status: 'connected', priority: 'high' },
    { name: 'Jonas Weber', phone: '+14155550103', status: 'attempted_contact' },
  ]
  for (const lead of made) await api.post('/leads', { ...lead, assigned_to: lan.me.id })
  await api.post('/leads', { name: 'Belongs To Sam', phone: '+14155550104', assigned_to: (await desk.as('sam')).me.id })
})
after(async () => {
  await browser.close()
  await desk.stop()
})

const stageOf = async name => (await api.get('/leads')).leads.find(lead => lead.name === name)?.status
const column = (page, name) => page.getByRole('region', { name, exact: true })

test('a lead is made by hand, found by a folded word, and its page opens', async () => {
  const { page, done } = await open(browser)
  await logIn(page, desk, 'admin', PASSWORD)
  await page.keyboard.press('g')
  await page.keyboard.press('l')
  await page.getByRole('heading', { name: 'Leads' }).waitFor()
  await page.getByRole('button', { name: 'New lead' }).first().click()
  const dialog = page.getByRole('dialog', { name: 'New lead' })
  await dialog.getByLabel('Name').fill('Trần Bảo Ngọc')
  await dialog.getByLabel('Phone').fill('not a number')
  await dialog.getByRole('button', { name: 'Create the lead' }).click()
  await until(() => dialog.getByLabel('Phone').getAttribute('aria-invalid'), 'the fault stands at its field')
  await dialog.getByLabel('Phone').fill('+1 415 555 0199')
  await dialog.getByLabel('Student').fill('An')
  await accessible(page, 'the new lead', '[role=dialog]')
  await dialog.getByRole('button', { name: 'Create the lead' }).click()
  await page.getByRole('heading', { name: 'Trần Bảo Ngọc' }).waitFor()
  await page.goto(`${desk.url}/leads`)
  await page.getByRole('searchbox', { name: 'Name, phone, e-mail, notes' }).fill('nguyen dao')
  await until(async () => (await page.getByRole('row').count()) === 2, 'the head and the one found')
  assert.match(page.url(), /q=nguyen/)
  await page.getByRole('link', { name: 'Nguyễn Thị Đào' }).click()
  await page.getByText('Minh').waitFor()
  await page.goBack()
  assert.equal(await page.getByRole('searchbox', { name: 'Name, phone, e-mail, notes' }).inputValue(), 'nguyen dao')
  await done()
})

test('a card moves by menu, by key and by hand, and a move can be undone', async () => {
  const { page, done } = await open(browser)
  await logIn(page, desk, 'admin', PASSWORD)
  await page.goto(`${desk.url}/pipeline`)
  await column(page, 'Attempted Contact').getByText('Jonas Weber').waitFor()
  await page.getByRole('button', { name: 'Move Jonas Weber' }).click()
  await page.getByRole('menuitemradio', { name: 'Connected' }).click()
  await column(page, 'Connected').getByText('Jonas Weber').waitFor()
  await until(async () => (await stageOf('Jonas Weber')) === 'connected', 'the server knows')
  await page.getByRole('button', { name: 'Undo' }).click()
  await until(async () => (await stageOf('Jonas Weber')) === 'attempted_contact', 'it is back')

  await column(page, 'Attempted Contact').getByText('Jonas Weber').waitFor()
  await column(page, 'Attempted Contact').getByRole('link', { name: 'Jonas Weber' }).focus()
  await page.keyboard.press(']')
  await until(async () => (await stageOf('Jonas Weber')) === 'connected', 'the key moves it on')

  const card = column(page, 'Connected').getByRole('listitem').filter({ hasText: 'Jonas Weber' })
  await card.waitFor()
  await card.dragTo(column(page, 'Visit Scheduled'))
  await until(async () => (await stageOf('Jonas Weber')) === 'visit_scheduled', 'the hand moves it on')
  const tasks = await until(async () => { const all = (await api.get('/tasks')).tasks; return all.length >= 2 && all }, 'its follow-ups are there')
  assert.deepEqual(tasks.map(task => task.title).sort(), ['Prepare for Visit', 'Send Confirmation'])

  await page.getByRole('button', { name: 'Move Jonas Weber' }).click()
  await page.getByRole('menuitemradio', { name: 'Lost' }).click()
  const why = page.getByRole('dialog', { name: 'Why is it lost?' })
  await accessible(page, 'why it is lost', '[role=dialog]')
  await why.getByLabel('Reason').selectOption('Too far away')
  await why.getByRole('button', { name: 'Mark as lost' }).click()
  await until(async () => (await api.get('/leads?outcome=lost')).leads[0]?.lost_reason === 'Too far away', 'the reason is kept')
  await done()
})

test('a call is logged, a task made and done, and everything stands in the timeline', async () => {
  const { page, done } = await open(browser)
  await logIn(page, desk, 'lan', PASSWORD)
  await page.goto(`${desk.url}/leads`)
  await page.getByRole('link', { name: 'Sofia Rossi' }).waitFor()
  assert.equal(await page.getByText('Belongs To Sam').count(), 0, "an agent sees no other's lead")
  await page.getByRole('link', { name: 'Sofia Rossi' }).click()
  const composer = page.getByRole('group', { name: 'What to add' })
  await composer.getByRole('button', { name: 'Call' }).click()
  await page.getByRole('textbox', { name: 'Call' }).fill('Asked for the brochure.')
  await page.getByLabel('Result').selectOption('positive')
  await page.getByRole('button', { name: 'Save' }).click()
  await page.getByRole('listitem').filter({ hasText: 'Asked for the brochure.' }).waitFor()
  await composer.getByRole('button', { name: 'Task' }).click()
  await page.getByRole('textbox', { name: 'Task' }).fill('Send the brochure')
  await page.getByRole('button', { name: 'Save' }).click()
  await page.getByLabel('Send the brochure').click()
  await until(async () => (await api.get('/tasks?status=completed')).tasks.some(task => task.title === 'Send the brochure'), 'the task is done')
  await page.getByRole('navigation', { name: 'Stages' }).getByRole('button', { name: 'Application Submitted' }).click()
  await page.getByText('Connected → Application Submitted').waitFor()
  await done()
})

test('what somebody else does shows without a reload', async () => {
  const { page, done } = await open(browser)
  await logIn(page, desk, 'admin', PASSWORD)
  await page.goto(`${desk.url}/pipeline`)
  await column(page, 'New').getByText('Nguyễn Thị Đào').waitFor()
  const lead = (await api.get('/leads')).leads.find(one => one.name === 'Nguyễn Thị Đào')
  await api.patch(`/leads/${lead.id}`, { status: 'attempted_contact' })
  await column(page, 'Attempted Contact').getByText('Nguyễn Thị Đào').waitFor()
  await done()
})

const PAGES = ['/vendors', '/leads', '/leads?outcome=any&q=nobody', '/pipeline', '/tasks?who=any', '/tasks?view=month&who=any', '/leads/1', '/leads/999999']
for (const theme of ['light', 'dark']) {
  test(`axe finds nothing on the pages of leads and tasks, ${theme}`, async () => {
    const { page, done } = await open(browser, { theme })
    await logIn(page, desk, 'admin', PASSWORD)
    for (const path of PAGES) {
      await page.goto(desk.url + path)
      await page.getByRole('main').first().waitFor()
      await page.waitForLoadState('networkidle')
      await accessible(page, `${path} (${theme})`)
      await picture(page, `leads${path.replaceAll(/\W+/g, '-')}-${theme}`)
    }
    await done()
  })
}

test('on a phone, in Vietnamese: the list, the board, a lead, and nothing wider than the screen', async () => {
  const { page, done } = await open(browser, { viewport: { width: 360, height: 740 }, locale: 'vi' })
  await logIn(page, desk, 'lan', PASSWORD)
  await page.getByRole('link', { name: 'Khách tiềm năng' }).click()
  await page.getByRole('heading', { name: 'Khách tiềm năng' }).waitFor()
  await page.getByRole('link', { name: 'Sofia Rossi' }).click()
  await page.getByRole('heading', { name: 'Sofia Rossi' }).waitFor()
  await accessible(page, 'a lead on a phone')
  for (const path of ['/leads', '/leads/2', '/pipeline', '/tasks', '/tasks?view=month']) {
    await page.goto(desk.url + path)
    await page.getByRole('main').first().waitFor()
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)
    assert.ok(wide <= 0, `${path} is ${wide} px wider than the screen`)
    await picture(page, `leads-phone${path.replaceAll(/\W+/g, '-')}`)
  }
  await done()
})

test('a vendor is made, its key is shown once, and its people see their portal and nothing else', async () => {
  const { page, done } = await open(browser)
  await logIn(page, desk, 'admin', PASSWORD)
  await page.goto(`${desk.url}/vendors`)
  await page.getByRole('button', { name: 'New vendor', exact: true }).click()
  const dialog = page.getByRole('dialog', { name: 'New vendor' })
  await dialog.getByLabel('Name').fill('Acme Leads')
  await dialog.getByLabel('Code').fill('acme')
  await accessible(page, 'the new vendor', '[role=dialog]')
  await dialog.getByRole('button', { name: 'Create the vendor' }).click()
  const key = await page.getByRole('dialog', { name: 'The key of ACME' }).getByLabel('Key').inputValue()
  assert.match(key, /^fd_/)
  await page.getByRole('dialog').getByRole('button', { name: 'Close' }).last().click()
  const post = lead => fetch(`${desk.url}/api/v1/leads`, { method: 'POST', headers: { 'x-api-key': key, 'content-type': 'application/json' }, body: JSON.stringify(lead) })
  assert.equal((await post({ name: 'Sold Lead', phone: '+14155550177' })).status, 201)
  assert.equal((await post({ name: 'Sold Lead', phone: '+14155550177' })).status, 409)
  await page.getByRole('button', { name: 'Acme Leads' }).click()
  await page.getByText('Duplicates').last().waitFor()
  await accessible(page, 'a vendor', '[role=dialog]')
  const made = await api.post('/vendors/ACME/users', { email: 'pat@acme.example', name: 'Pat' })
  const token = new URL(made.invite_link).searchParams.get('token')
  const set = await fetch(`${desk.url}/api/v1/auth/reset-password`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ token, new_password: PASSWORD }) })
  assert.ok(set.ok, await set.text())
  await done()

  const theirs = await open(browser)
  await theirs.page.goto(desk.url)
  await fillLogIn(theirs.page, 'pat@acme.example', PASSWORD)
  await theirs.page.waitForURL('**/portal')
  await theirs.page.getByRole('rowheader', { name: 'Sold Lead' }).waitFor()
  await theirs.page.getByRole('form', { name: 'How you are reached' }).waitFor()
  await accessible(theirs.page, 'the portal')
  assert.equal(await theirs.page.getByRole('navigation', { name: 'Main' }).first().getByRole('link').count(), 1)
  await theirs.page.goto(`${desk.url}/leads`)
  await theirs.page.waitForURL('**/portal')
  await theirs.done()
})
