// What a vendor may post: edited, tried before anybody posts, obeyed; in both themes, on a phone, in Vietnamese.
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
      { username: 'boss', name: 'Bea Boss', role: 'manager', departments: ['admissions'] },
    ],
  })
  api = await desk.as('admin')
})
after(async () => {
  await browser.close()
  await desk.stop()
})

const posting = key => body =>
  fetch(`${desk.url}/api/v1/leads`, { method: 'POST', headers: { 'x-api-key': key, 'content-type': 'application/json' }, body: JSON.stringify(body) })

test('rules are edited, tried on a post, kept and obeyed', async () => {
  const made = await api.post('/vendors', { name: 'Acme Leads', vendor_code: 'ACME' })
  const post = posting(made.api_key)
  const { page, done } = await open(browser)
  await logIn(page, desk, 'admin', PASSWORD)
  await page.goto(`${desk.url}/vendors`)
  await page.getByRole('button', { name: 'Acme Leads' }).click()
  await page.getByRole('dialog', { name: 'Acme Leads' }).getByRole('button', { name: 'Rules' }).click()
  const dialog = page.getByRole('dialog', { name: 'What Acme Leads may post' })
  const fields = dialog.getByRole('group', { name: 'Fields of a post' })
  await fields.getByRole('button', { name: 'Add' }).first().click()
  const n = await fields.getByLabel(/^Name of field/).count()
  await fields.getByLabel(`Name of field ${n}`).fill('zip')
  await fields.getByLabel('Required: zip').check()
  await fields.getByLabel('Format: zip').selectOption('a ZIP code')
  await fields.getByLabel('Goes to: zip').selectOption('Checked only')
  await fields.getByLabel('Required: email').check()
  await fields.getByLabel('Fields that no rule names').selectOption('Refuse the post')
  await fields.getByLabel('Days that an address is a duplicate').fill('30')
  await fields.getByLabel('Who gets the leads').selectOption('Who has most room')

  const text = dialog.getByLabel('Post as JSON')
  await text.fill('{"name": "Ann",')
  await dialog.getByRole('button', { name: 'Try this post' }).click()
  await dialog.getByText('This is no JSON object.').waitFor()
  await text.fill(JSON.stringify({ name: 'Ann', email: 'nonsense', zip: '1', campaign: 'a' }))
  await dialog.getByRole('button', { name: 'Try this post' }).click()
  await dialog.getByText('Would be refused').waitFor()
  for (const words of ['email must be an e-mail address', 'zip must be a ZIP code', 'campaign is named by no rule']) {
    await dialog.getByRole('listitem').filter({ hasText: words }).waitFor()
  }
  await accessible(page, 'the rules of a vendor', '[role=dialog]')
  await text.fill(JSON.stringify({ name: 'Ann', email: 'ann@example.com', zip: '94105' }))
  await dialog.getByRole('button', { name: 'Try this post' }).click()
  await dialog.getByText('Would be accepted').waitFor()
  assert.equal((await api.get('/leads')).total, 0, 'nothing is stored')
  assert.equal((await post({ name: 'Ann', phone: '+14155550100' })).status, 201, 'nothing is kept before it is saved')

  await dialog.getByRole('button', { name: 'Save' }).click()
  await page.getByText('Rules of Acme Leads saved').waitFor()
  const kept = await api.get('/vendors/ACME')
  assert.deepEqual([kept.strategy, kept.duplicate_days, kept.rules.unknown], ['capacity_based', 30, 'refuse'])
  const refused = await post({ name: 'Bob', phone: '+14155550101' })
  assert.equal(refused.status, 422)
  assert.deepEqual((await refused.json()).errors.map(fault => fault.field).sort(), ['email', 'zip'])
  await page.goto(`${desk.url}/vendors?v=ACME&tab=rules`)
  await dialog.getByLabel(`Name of field ${n}`).waitFor()
  assert.equal(await dialog.getByLabel(`Name of field ${n}`).inputValue(), 'zip', 'the address opens it')
  await done()
})

test('a fault stands at its line, and somebody else’s change is told before it is replaced', async () => {
  await api.post('/vendors', { name: 'Beta Leads', vendor_code: 'BETA' })
  const { page, done } = await open(browser)
  await logIn(page, desk, 'admin', PASSWORD)
  await page.goto(`${desk.url}/vendors?v=BETA&tab=rules`)
  const dialog = page.getByRole('dialog', { name: 'What Beta Leads may post' })
  await dialog.getByLabel('Goes to: notes').selectOption('A field of the pipeline')
  await dialog.getByRole('button', { name: 'Save' }).click()
  await dialog.getByText('the pipeline has no field `notes`').first().waitFor()
  await dialog.getByLabel('Field of the pipeline: notes').selectOption('Entry year')
  const { version } = await api.get('/vendors/BETA')
  await api.patch('/vendors/BETA', { description: 'Meanwhile.' })
  assert.ok(version)
  await dialog.getByRole('button', { name: 'Save' }).click()
  await dialog.getByText('Somebody changed this meanwhile').waitFor()
  await dialog.getByRole('button', { name: 'Save all the same' }).click()
  await until(async () => (await api.get('/vendors/BETA')).rules.fields.find(rule => rule.name === 'notes').key === 'entry_year', 'it is kept')
  assert.equal((await api.get('/vendors/BETA')).description, 'Meanwhile.')
  await done()
})

test('new vendors begin with what the desk says, and a manager looks but does not change', async () => {
  const { page, done } = await open(browser)
  await logIn(page, desk, 'admin', PASSWORD)
  await page.goto(`${desk.url}/vendors`)
  await page.getByRole('button', { name: 'Rules of new vendors' }).click()
  const dialog = page.getByRole('dialog', { name: 'Rules of new vendors' })
  await dialog.getByLabel('Days that an address is a duplicate').fill('90')
  await dialog.getByLabel('Required: phone').check()
  await dialog.getByRole('button', { name: 'Save' }).click()
  await page.getByText('new vendors begin with these rules').waitFor()
  const made = await api.post('/vendors', { name: 'Gamma Leads', vendor_code: 'GAMMA' })
  assert.equal(made.vendor.duplicate_days, 90)
  assert.ok(made.vendor.rules.fields.find(rule => rule.name === 'phone').required)
  await done()

  const theirs = await open(browser)
  await logIn(theirs.page, desk, 'boss', PASSWORD)
  await theirs.page.goto(`${desk.url}/vendors?v=GAMMA&tab=rules`)
  const shown = theirs.page.getByRole('dialog', { name: 'What Gamma Leads may post' })
  await shown.getByLabel('Name of field 1').waitFor()
  assert.ok(await shown.getByLabel('Name of field 1').isDisabled())
  assert.equal(await shown.getByRole('button', { name: 'Save' }).count(), 0)
  await shown.getByRole('button', { name: 'Try this post' }).click()
  await shown.getByText('Would be').waitFor()
  await theirs.done()
})

for (const theme of ['light', 'dark']) {
  test(`axe finds nothing in the rules, the dialogs of a vendor and its portal, ${theme}`, async () => {
    const { page, done } = await open(browser, { theme })
    await logIn(page, desk, 'admin', PASSWORD)
    for (const path of ['/vendors', '/vendors?v=ACME', '/vendors?v=ACME&tab=rules', '/vendors?tab=defaults']) {
      await page.goto(desk.url + path)
      await page.getByRole(path === '/vendors' ? 'main' : 'dialog').first().waitFor()
      await page.waitForLoadState('networkidle')
      await accessible(page, `${path} (${theme})`)
      await picture(page, `vendors${path.replaceAll(/\W+/g, '-')}-${theme}`)
    }
    await page.goto(`${desk.url}/vendors?v=ACME`)
    const vendor = page.getByRole('dialog', { name: 'Acme Leads', exact: true })
    for (const [button, name] of [['Edit', 'Edit Acme Leads'], ['New key', 'New key for Acme Leads?'], ['Deactivate', 'Deactivate Acme Leads?']]) {
      await vendor.getByRole('button', { name: button, exact: true }).click()
      const dialog = page.getByRole('dialog', { name })
      await dialog.waitFor()
      await accessible(page, `${name} (${theme})`)
      await picture(page, `vendors-${button.replaceAll(/\W+/g, '-')}-${theme}`)
      await page.keyboard.press('Escape')
      await dialog.waitFor({ state: 'detached' })
    }
    await page.goto(`${desk.url}/vendors`)
    await page.getByRole('button', { name: 'New vendor', exact: true }).click()
    await page.getByRole('dialog', { name: 'New vendor' }).waitFor()
    await accessible(page, `a new vendor (${theme})`)
    await done()

    const email = `${theme}@acme.example`
    const { invite_link } = await api.post('/vendors/ACME/users', { email, name: `Pat ${theme}` })
    const token = new URL(invite_link, desk.url).searchParams.get('token')
    const set = await fetch(`${desk.url}/api/v1/auth/reset-password`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ token, new_password: PASSWORD }) })
    assert.ok(set.ok, await set.text())
    const theirs = await open(browser, { theme })
    await theirs.page.goto(desk.url)
    await fillLogIn(theirs.page, email, PASSWORD)
    await theirs.page.waitForURL('**/portal')
    await theirs.page.getByRole('form', { name: 'How you are reached' }).waitFor()
    await theirs.page.getByText('Acceptance').waitFor()
    await accessible(theirs.page, `the portal (${theme})`)
    await picture(theirs.page, `portal-${theme}`)
    await theirs.done()
  })
}

test('on a phone, in Vietnamese: the rules, and nothing wider than the screen', async () => {
  const { page, done } = await open(browser, { viewport: { width: 360, height: 740 }, locale: 'vi' })
  await logIn(page, desk, 'admin', PASSWORD)
  await page.goto(`${desk.url}/vendors?v=ACME&tab=rules`)
  const dialog = page.getByRole('dialog', { name: 'Acme Leads được gửi những gì' })
  await dialog.getByRole('button', { name: 'Thử bài gửi này' }).click()
  await dialog.getByText(/^Sẽ /).waitFor()
  await accessible(page, 'the rules on a phone', '[role=dialog]')
  await picture(page, 'vendors-phone')
  const wide = await dialog.evaluate(node => node.scrollWidth - node.clientWidth)
  assert.ok(wide <= 0, `the dialog is ${wide} px wider than the screen`)
  await done()
})
