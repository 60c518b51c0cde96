// What users of leads would stumble over: changes that are refused, leads that are archived, times that are mended, addresses
// of two people, people who were erased, imports checked again, the people of a vendor, and the keys of each.
import assert from 'node:assert/strict'
import { readdirSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { accessible, fillLogIn, launch, logIn, open, picture, until } from './browser.mjs'
import { PASSWORD, startDesk } from './desk.mjs'

let browser, desk, api, lan
before(async () => {
  browser = await launch()
  desk = await startDesk({
    preset: 'admissions',
    people: [
      { username: 'admin', name: 'Ada Admin', role: 'admin', departments: ['admissions'] },
      { username: 'lan', name: 'Linda Tran', role: 'agent', departments: ['admissions'] },
    ],
  })
  api = await desk.as('admin')
  lan = await desk.as('lan')
})
after(async () => {
  await browser.close()
  await desk.stop()
})

const make = (name, more = {}) => api.post('/leads', { name, assigned_to: lan.me.id, ...more })
const row = (page, name) => page.getByRole('row').filter({ hasText: name })
const both = async (page, name, part) => {
  for (const theme of ['light', 'dark']) {
    await page.emulateMedia({ colorScheme: theme })
    // Colours change in their time.
    await page.evaluate(() => Promise.all(document.getAnimations().filter(one => one instanceof CSSTransition).map(one => one.finished.catch(() => undefined))))
    await accessible(page, `${name} (${theme})`, part)
    await picture(page, `${name}-${theme}`)
  }
  await page.emulateMedia({ colorScheme: 'light' })
}
const narrow = async (page, name) => {
  await page.setViewportSize({ width: 390, height: 844 })
  await picture(page, `${name}-phone`)
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)
  assert.ok(wide <= 0, `${name} is ${wide} px wider than the screen`)
  await page.setViewportSize({ width: 1440, height: 900 })
}

test('whoever changes many is told which were not, and why, in their language', async () => {
  const made = []
  for (const n of [1, 2, 3]) made.push(await make(`Lê Thị ${n}`, { phone: `+1415555030${n}` }))
  const { page, done } = await open(browser, { locale: 'vi' })
  await logIn(page, desk, 'admin', PASSWORD)
  await page.goto(`${desk.url}/leads?q=Lê Thị`)
  await row(page, 'Lê Thị 3').waitFor()
  for (const n of [1, 2, 3]) await page.getByRole('checkbox', { name: `Chọn Lê Thị ${n}` }).check()
  // Meanwhile two of them go.
  for (const lead of made.slice(0, 2)) await api.delete(`/leads/${lead.id}`)
  const bar = page.getByRole('toolbar')
  await bar.getByRole('button', { name: 'Chuyển đến' }).click()
  await page.getByRole('menuitem').nth(1).click()
  const dialog = page.getByRole('dialog', { name: '2 khách chưa đổi được' })
  const why = dialog.getByRole('region', { name: 'Khách này đã được lưu trữ. Hãy khôi phục trước.' })
  await why.getByRole('link', { name: 'Lê Thị 1' }).waitFor()
  await both(page, 'bulk-refused', '[role=dialog]')
  await narrow(page, 'bulk-refused')
  await why.getByRole('link', { name: 'Lê Thị 2' }).click()
  await page.getByRole('heading', { name: 'Lê Thị 2' }).waitFor()
  await page.getByRole('status').getByText('Khách này được lưu trữ ngày').waitFor()
  await done()
})

test('an archived lead says so, is switched off, and is restored where it says so', async () => {
  const lead = await make('Archie Archer', { phone: '+14155550310', students: [{ name: 'Ann' }], tags: ['vip'], notes: 'Said hello.' })
  await api.post(`/leads/${lead.id}/interactions`, { type: 'call', summary: 'Rang.' })
  await api.delete(`/leads/${lead.id}`)
  const { page, done } = await open(browser)
  await logIn(page, desk, 'admin', PASSWORD)
  await page.goto(`${desk.url}/leads/${lead.id}`)
  const banner = page.getByRole('status').filter({ hasText: 'This lead was archived on' })
  await banner.waitFor()
  await page.getByText('Rang.').waitFor()
  await both(page, 'archived')
  await narrow(page, 'archived')
  assert.equal(await page.getByRole('textbox', { disabled: false }).count(), 0, 'nothing can be typed')
  for (const name of ['Change the entry', 'Add a student', 'Change the notes', 'Save']) assert.equal(await page.getByRole('button', { name }).count(), 0, name)
  for (const stage of await page.getByRole('navigation', { name: 'Stages' }).getByRole('button').all()) assert.ok(await stage.isDisabled())
  await banner.getByRole('button', { name: 'Restore' }).click()
  await banner.waitFor({ state: 'detached' })
  await page.getByRole('button', { name: 'Add a student' }).waitFor()
  await done()

  // An agent sees why nothing can be done.
  await api.delete(`/leads/${lead.id}`)
  const theirs = await open(browser)
  await logIn(theirs.page, desk, 'lan', PASSWORD)
  await theirs.page.goto(`${desk.url}/leads/${lead.id}`)
  await theirs.page.getByText('until somebody who may restores it').waitFor()
  assert.equal(await theirs.page.getByRole('button', { name: 'Restore' }).count(), 0)
  await theirs.done()
})

test('how long a call took is mended where its other facts are', async () => {
  const lead = await make('Dora Duration', { phone: '+14155550320' })
  await api.post(`/leads/${lead.id}/interactions`, { type: 'call', summary: 'About fees.', duration_seconds: 90 })
  const { page, done } = await open(browser)
  await logIn(page, desk, 'lan', PASSWORD)
  await page.goto(`${desk.url}/leads/${lead.id}`)
  const entry = page.getByRole('listitem').filter({ hasText: 'About fees.' })
  await entry.waitFor()
  // Only who logged it changes it; an agent's own entries are theirs.
  assert.equal(await entry.getByRole('button', { name: 'Change the entry' }).count(), 0)
  await done()
  const mine = await open(browser)
  await logIn(mine.page, desk, 'admin', PASSWORD)
  await mine.page.goto(`${desk.url}/leads/${lead.id}`)
  const own = mine.page.getByRole('listitem').filter({ hasText: 'About fees.' })
  await own.getByRole('button', { name: 'Change the entry' }).click()
  const dialog = mine.page.getByRole('dialog', { name: 'Change the entry' })
  assert.equal(await dialog.getByLabel('Minutes that it took').inputValue(), '1.5')
  await both(mine.page, 'duration')
  await dialog.getByLabel('Minutes that it took').fill('12')
  await dialog.getByRole('button', { name: 'Save' }).click()
  await own.getByText('12 minutes').waitFor()
  await own.getByRole('button', { name: 'Change the entry' }).click()
  await dialog.getByLabel('Minutes that it took').fill('')
  await dialog.getByRole('button', { name: 'Save' }).click()
  await dialog.waitFor({ state: 'detached' })
  await own.getByText('12 minutes').waitFor({ state: 'detached' })
  const logged = (await api.get(`/leads/${lead.id}/interactions`)).interactions
  assert.equal(logged.find(one => one.summary === 'About fees.').duration_seconds, null)
  await mine.done()
})

test('addresses of two people: the lead says whose the other one is, and leads to the merge', async () => {
  await make('Hanna Holder', { email: 'hanna@example.com' })
  await make('Paul Phone', { phone: '+14155550330' })
  const lead = await make('Given Both', { phone: '+14155550330', contact_methods: [{ type: 'email', value: 'hanna@example.com' }] })
  assert.equal(lead.metadata.other_addresses.length, 1)
  const { page, done } = await open(browser)
  await logIn(page, desk, 'admin', PASSWORD)
  await page.goto(`${desk.url}/leads/${lead.id}`)
  const part = page.getByRole('region', { name: 'Also given' })
  await part.getByText('+14155550330').waitFor()
  await part.getByRole('link', { name: 'Paul Phone', exact: true }).waitFor()
  await both(page, 'other-addresses')
  await narrow(page, 'other-addresses')
  await part.getByRole('link', { name: 'Compare and merge with Paul Phone' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByText('Paul Phone').first().waitFor()
  await api.post(`/contacts/${lead.contact_id}/merge`, { other_id: lead.metadata.other_addresses[0].contact_id })
  await page.goto(`${desk.url}/leads/${lead.id}`)
  await page.getByRole('heading', { name: 'Given Both' }).waitFor()
  await part.waitFor({ state: 'detached' })
  await done()
})

test('somebody who was erased is called so, on their page and in lists', async () => {
  const lead = await make('Erin Erased', { phone: '+14155550340' })
  await api.delete(`/contacts/${lead.contact_id}?confirm=Erin%20Erased`)
  await until(async () => (await api.get(`/leads/${lead.id}`)).name === 'Erased contact', 'the lead has no name')
  const { page, done } = await open(browser, { locale: 'vi' })
  await logIn(page, desk, 'admin', PASSWORD)
  await page.goto(`${desk.url}/people/${lead.contact_id}`)
  await page.getByRole('heading', { name: 'Người đã xóa dữ liệu' }).waitFor()
  await page.getByText('Dữ liệu cá nhân đã bị xóa ngày').waitFor()
  await both(page, 'erased')
  await page.goto(`${desk.url}/leads`)
  await row(page, 'Người đã xóa dữ liệu').waitFor()
  await page.goto(`${desk.url}/leads/${lead.id}`)
  await page.getByRole('heading', { name: 'Người đã xóa dữ liệu' }).waitFor()
  await done()
})

test('a check that failed is repeated, and one that is done as well', async () => {
  const table = 'Name,Phone\nOne,+14155550351\nTwo,+14155550352\n'
  const { page, done } = await open(browser)
  await logIn(page, desk, 'admin', PASSWORD)
  await page.goto(`${desk.url}/leads/import`)
  await page.locator('input[type=file]').setInputFiles({ name: 'two.csv', mimeType: 'text/csv', buffer: Buffer.from(table) })
  await page.getByRole('button', { name: 'Options' }).click()
  const folder = join(desk.data, 'blobs', 'imports')
  renameSync(folder, `${folder}-away`)
  await page.getByRole('button', { name: 'Check the file' }).click()
  await page.getByRole('heading', { name: 'The import stopped' }).waitFor()
  await both(page, 'check-failed')
  await narrow(page, 'check-failed')
  if (readdirSync(join(desk.data, 'blobs')).includes('imports')) renameSync(folder, `${folder}-new`)
  renameSync(`${folder}-away`, folder)
  await page.getByRole('button', { name: 'Check again' }).click()
  await page.getByText('This is what would happen').waitFor()
  await page.getByRole('button', { name: 'Import 2 rows' }).waitFor()
  await make('One', { phone: '+14155550351' })
  await page.getByRole('button', { name: 'Check again' }).click()
  await page.getByRole('button', { name: 'Import 1 row' }).waitFor()
  await both(page, 'checked')
  await narrow(page, 'checked')
  await done()
})

test('a vendor’s person is invited again, shut out and let in; and has keys that do something', async () => {
  await api.post('/vendors', { name: 'Acme Leads', vendor_code: 'ACME' })
  const { page, done } = await open(browser)
  await logIn(page, desk, 'admin', PASSWORD)
  await page.goto(`${desk.url}/vendors?v=ACME`)
  const people = page.getByRole('dialog', { name: 'Acme Leads' }).getByRole('region', { name: 'People with access to the portal' })
  await people.getByLabel('Name').fill('Vera Vendor')
  await people.getByLabel('E-mail').fill('vera@acme.example')
  await people.getByRole('button', { name: 'Invite', exact: true }).click()
  const told = page.getByRole('dialog', { name: 'Link for Vera Vendor' })
  const first = await told.getByLabel('Link', { exact: true }).inputValue()
  await told.getByRole('button', { name: 'Close' }).last().click()
  await people.getByText('Invited, has not come yet').waitFor()
  await both(page, 'vendor-people')
  await narrow(page, 'vendor-people')
  await people.getByRole('button', { name: 'Invite again: Vera Vendor' }).click()
  const second = await told.getByLabel('Link', { exact: true }).inputValue()
  assert.notEqual(first, second)
  await told.getByRole('button', { name: 'Close' }).last().click()

  const hers = await open(browser)
  const path = link => new URL(link, desk.url).pathname + new URL(link, desk.url).search
  await hers.page.goto(desk.url + path(second))
  await hers.page.locator('input[type=password]').first().waitFor()
  for (const field of await hers.page.locator('input[type=password]').all()) await field.fill(PASSWORD)
  await hers.page.locator('button[type=submit]').click()
  await hers.page.getByRole('link', { name: 'Log in' }).click()
  await hers.page.waitForURL('**/login')
  await fillLogIn(hers.page, 'vera@acme.example', PASSWORD)
  await hers.page.getByRole('heading', { name: 'Acme Leads' }).waitFor()
  await hers.page.keyboard.press('?')
  const keys = hers.page.getByRole('dialog')
  await keys.getByText('This help').waitFor()
  assert.deepEqual(await keys.locator('dt').allInnerTexts(), ['Commands', 'This help', 'Go to Portal'])
  await both(hers.page, 'vendor-keys')
  await hers.page.keyboard.press('Escape')
  await hers.page.keyboard.press('c')
  assert.equal(await hers.page.getByRole('dialog').count(), 0)
  await both(hers.page, 'portal')
  await narrow(hers.page, 'portal')

  await page.reload()
  await people.getByText('last here').waitFor()
  await people.getByRole('button', { name: 'End access: Vera Vendor' }).click()
  await page.getByRole('dialog', { name: 'End the access of Vera Vendor' }).getByRole('button', { name: 'End access' }).click()
  await people.getByText('Shut out').waitFor()
  await hers.page.reload()
  await hers.page.locator('input[type=password]').waitFor()
  await hers.done()
  await people.getByRole('button', { name: 'Let in again: Vera Vendor' }).click()
  await people.getByRole('button', { name: 'New password: Vera Vendor' }).waitFor()
  await done()
})
