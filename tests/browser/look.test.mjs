// How it looks to everybody: axe on every page in both themes, the phone, Vietnamese.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { accessible, launch, logIn, open, picture, row, rows, until } from './browser.mjs'
import { PASSWORD, startDesk } from './desk.mjs'

let browser, desk
before(async () => {
  browser = await launch()
  desk = await startDesk({
    people: [
      { username: 'admin', name: 'Ada Admin', role: 'admin', departments: ['ky-thuat'], status: 'available' },
      { username: 'lan', name: 'Nguyễn Thị Lan', role: 'agent', departments: ['ky-thuat', 'kinh-doanh'], status: 'busy' },
    ],
  })
  for (const n of [1, 2, 3]) await desk.write(`Khách ${n}`, `Máy ${n} bị lỗi, giá sửa bao nhiêu?`)
  await desk.write('Kẻ Quấy Rối', 'CONGRATULATIONS!!! You WON a FREE iPhone, claim your prize now: http://bit.ly/win-now http://cutt.ly/claim')
  const admin = await desk.as('admin')
  const list = await until(async () => { const l = await admin.get('/tickets?queue=all'); return l.total === 3 && l }, 'three tickets')
  const [a, b] = list.tickets
  await admin.post(`/tickets/${a.id}/messages`, { content: 'Chào bạn', visibility: 'public', client_id: 'a' })
  await admin.post(`/tickets/${a.id}/messages`, { content: 'Một ghi chú', visibility: 'internal', client_id: 'b' })
  await admin.patch(`/tickets/${a.id}`, { priority: 'critical', tags: ['gấp'] })
  await admin.patch(`/tickets/${b.id}`, { status: 'pending_customer', priority: 'high' })
})
after(async () => {
  await browser.close()
  await desk.stop()
})

const PAGES = ['/inbox', '/inbox?tab=spam', '/inbox?tab=unassigned&priority=low', '/routing', '/routing?tab=departments', '/routing?tab=weights', '/routing?tab=simulator', '/routing?tab=queues', '/users', '/connections', '/connections?tab=keys', '/account', '/nowhere']

for (const theme of ['light', 'dark']) {
  test(`axe finds nothing on any page, ${theme}`, async () => {
    const { page, done } = await open(browser, { theme })
    await logIn(page, desk, 'admin', PASSWORD)
    await row(page, 'Khách 3').getByRole('link').click()
    await page.getByText('Một ghi chú').first().waitFor()
    await page.getByRole('heading', { name: 'Why me' }).waitFor()
    await page.getByRole('list', { name: 'Candidates' }).waitFor()
    await accessible(page, `a ticket (${theme})`)
    await picture(page, `ticket-${theme}`)
    await page.keyboard.press('?')
    await page.getByRole('dialog').waitFor()
    await accessible(page, `the keys (${theme})`)
    await page.keyboard.press('Escape')
    await page.keyboard.press('Control+k')
    await page.getByRole('combobox', { name: 'Commands' }).waitFor()
    await accessible(page, `the palette (${theme})`)
    await page.keyboard.press('Escape')
    await page.keyboard.press('c')
    await page.getByRole('dialog', { name: 'New ticket' }).waitFor()
    await accessible(page, `a new ticket (${theme})`)
    await page.keyboard.press('Escape')
    await page.getByRole('button', { name: /^Availability/ }).click()
    await page.getByRole('menu').waitFor()
    await accessible(page, `the availability (${theme})`, '[role=menu]')
    for (const path of PAGES) {
      await page.goto(desk.url + path)
      await page.getByRole('main').first().waitFor()
      await until(async () => (await page.locator('[aria-busy], .animate-pulse').count()) === 0, `${path} is loaded`)
      await accessible(page, `${path} (${theme})`)
      await picture(page, `${path.replace(/\W+/g, '_')}-${theme}`)
    }
    await done()
  })
}

test('a phone shows one pane at a time', async () => {
  const { page, done } = await open(browser, { viewport: { width: 390, height: 844 } })
  await logIn(page, desk, 'admin', PASSWORD)
  const fits = () => page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)
  assert.ok(await fits(), 'the list fits')
  await accessible(page, 'the list on a phone')
  await row(page, 'Khách 3').getByRole('link').click()
  await page.getByRole('textbox', { name: 'Reply' }).waitFor()
  assert.equal(await rows(page).count(), 0, 'the list made room')
  assert.ok(await fits(), 'the thread fits')
  await accessible(page, 'a ticket on a phone')
  await page.getByRole('button', { name: 'Show details' }).click()
  await page.getByRole('dialog', { name: 'Details' }).getByRole('heading', { name: 'Why me' }).waitFor()
  await accessible(page, 'the details on a phone')
  await page.keyboard.press('Escape')
  await page.getByRole('button', { name: 'Back to the list' }).click()
  await row(page, 'Khách 3').waitFor()
  await row(page, 'Khách 2').getByRole('link').click()
  await page.getByRole('textbox', { name: 'Reply' }).waitFor()
  await page.goBack()
  await row(page, 'Khách 3').waitFor()
  for (const [name, title] of [['Leads', 'Leads'], ['Pipeline', 'Pipeline'], ['Tasks', 'Tasks']]) {
    await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name }).click()
    await page.getByRole('heading', { level: 1, name: title }).waitFor()
    assert.ok(await fits(), `${name} fits`)
  }
  // What is not for every day is behind one button …
  for (const [name, title] of [['People', 'People'], ['Vendors', 'Vendors'], ['Account', 'My account']]) {
    await page.getByRole('navigation', { name: 'Main' }).getByRole('button', { name: 'More' }).click()
    await page.getByRole('menuitem', { name }).click()
    await page.getByRole('heading', { level: 1, name: title }).waitFor()
    assert.ok(await fits(), `${name} fits`)
  }
  // … or found by its name.
  for (const [name, title] of [['Routing', 'Routing'], ['Users', 'Users'], ['Connections', 'Connections']]) {
    await page.getByRole('button', { name: 'Commands' }).click()
    await page.getByRole('combobox', { name: 'Commands' }).fill(name)
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { level: 1, name: title }).waitFor()
    await until(async () => (await page.locator('.animate-pulse').count()) === 0, `${name} is loaded`)
    assert.ok(await fits(), `${name} fits`)
  }
  await done()
})

test('Vietnamese is complete, and remembered with the account', async () => {
  const { page, done } = await open(browser, { locale: 'vi-VN' })
  await logIn(page, desk, 'admin', PASSWORD)
  await page.getByRole('heading', { name: 'Hộp thư' }).waitFor()
  assert.equal(await page.locator('html').getAttribute('lang'), 'vi')
  await row(page, 'Khách 3').getByRole('link').click()
  await page.getByRole('heading', { name: 'Vì sao là tôi' }).waitFor()
  await page.getByRole('textbox', { name: 'Trả lời' }).waitFor()
  await page.getByRole('log').getByText('Giao cho Ada Admin').waitFor()
  await page.getByRole('log').getByText('Ưu tiên: Khẩn cấp · Ada Admin').waitFor()
  await accessible(page, 'a ticket in Vietnamese')
  await page.getByRole('button', { name: /^Tài khoản: Ada/ }).click()
  await page.getByRole('menuitemradio', { name: 'English' }).click()
  await page.getByRole('heading', { name: 'Inbox' }).waitFor()
  await until(async () => (await (await desk.as('admin')).get('/auth/me')).locale === 'en', 'the account knows')
  await page.reload()
  await page.getByRole('heading', { name: 'Inbox' }).waitFor()
  await done()
})
