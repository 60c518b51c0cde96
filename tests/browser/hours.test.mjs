// Business hours: made, changed and chosen in a browser, and what a lead's time limit makes of them; in both themes, on a phone,
// in Vietnamese.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { accessible, launch, logIn, open, picture, until } from './browser.mjs'
import { PASSWORD, startDesk } from './desk.mjs'

let browser, desk, api
before(async () => {
  browser = await launch()
  desk = await startDesk({
    preset: 'legal',
    people: [
      { username: 'admin', name: 'Ada Admin', role: 'admin', departments: ['intake'] },
      { username: 'anna', name: 'Anna Agent', role: 'agent', departments: ['intake'] },
    ],
  })
  api = await desk.as('admin')
})
after(async () => {
  await browser.close()
  await desk.stop()
})

const hours = async () => (await api.get('/business-hours')).business_hours
const named = async name => (await hours()).find(one => one.name === name)

test('hours are made with the keyboard, and what is wrong is said where it stands', async () => {
  const { page, done } = await open(browser)
  await logIn(page, desk, 'admin', PASSWORD)
  await page.goto(`${desk.url}/pipelines`)
  await page.getByRole('navigation', { name: 'Set-up' }).getByRole('link', { name: 'Business hours' }).click()
  await page.getByRole('link', { name: /^Intake desk/ }).waitFor()
  await page.getByRole('link', { name: 'New business hours' }).click()
  await page.getByLabel('Name', { exact: true }).fill('Night desk')
  await page.getByLabel('Time zone').fill('Mars/Base')
  const monday = page.getByRole('group', { name: 'Monday' })
  await monday.getByRole('button', { name: 'Add hours to Monday' }).focus()
  await page.keyboard.press('Enter')
  await monday.getByLabel('Monday 2: from').fill('16:00')
  await monday.getByLabel('Monday 2: to').fill('22:00')
  await page.getByRole('button', { name: 'Add a holiday' }).click()
  await page.getByLabel('Holiday 1: name').fill('Founders’ day')
  await page.getByRole('button', { name: 'Save', exact: true }).click()
  await page.getByText('3 things to mend').waitFor()
  await page.getByText('must be a time zone such as Asia/Ho_Chi_Minh').waitFor()
  await monday.getByText('overlaps the span after it').waitFor()
  await page.getByText('must be a day (YYYY-MM-DD)').waitFor()
  assert.equal((await hours()).length, 1, 'nothing was kept')
  await accessible(page, 'hours with faults')

  await page.getByLabel('Time zone').fill('Asia/Ho_Chi_Minh')
  await monday.getByLabel('Monday 2: from').fill('22:00')
  await monday.getByLabel('Monday 2: to').fill('06:00')
  await monday.getByText('until the next day').waitFor()
  const tuesday = page.getByRole('group', { name: 'Tuesday' })
  await tuesday.getByRole('button', { name: 'Make Tuesday like Monday' }).press('Enter')
  await page.getByRole('group', { name: 'Friday' }).getByRole('button', { name: 'Remove span 1 of Friday' }).click()
  await page.getByRole('group', { name: 'Friday' }).getByText('Closed').waitFor()
  await page.getByLabel('Holiday 1: day').fill('2026-12-24')
  await page.getByLabel('Holiday 1: every year').check()
  await page.getByRole('button', { name: 'Save', exact: true }).click()
  await page.getByRole('link', { name: /^Night desk/ }).waitFor()
  const made = await named('Night desk')
  const twice = [{ from: '08:00', to: '17:00' }, { from: '22:00', to: '06:00' }]
  assert.deepEqual([made.week.mon, made.week.tue, made.week.fri, made.zone], [twice, twice, [], 'Asia/Ho_Chi_Minh'])
  assert.deepEqual(made.holidays, [{ date: '2026-12-24', name: 'Founders’ day', yearly: true }])
  await done()
})

test('nothing that was changed is lost without a question, nor overwritten unseen', async () => {
  const { page, done } = await open(browser)
  await logIn(page, desk, 'admin', PASSWORD)
  const made = await named('Night desk')
  await page.goto(`${desk.url}/pipelines/hours?h=${made.id}`)
  await page.getByLabel('Name', { exact: true }).fill('Late desk')
  await page.getByRole('link', { name: 'All business hours' }).click()
  const asks = page.getByRole('dialog', { name: 'Leave without saving?' })
  await asks.getByRole('button', { name: 'Cancel' }).click()
  await api.patch(`/business-hours/${made.id}`, { name: 'Somebody else’s' })
  await page.getByRole('button', { name: 'Save', exact: true }).click()
  await page.getByText('Somebody changed these hours meanwhile').waitFor()
  await page.getByRole('button', { name: 'Save all the same' }).click()
  await page.getByRole('link', { name: /^Late desk/ }).waitFor()
  assert.ok(await named('Late desk'))
  await done()
})

test('a pipeline counts in them, its leads follow, and then they stay', async () => {
  const { page, done } = await open(browser)
  await logIn(page, desk, 'admin', PASSWORD)
  const [pipeline] = (await api.get('/pipelines')).pipelines
  const lead = await api.post('/leads', { name: 'Jane Roe', phone: '+12025550123' })
  const late = await named('Late desk')
  // Its first stage gives an hour, and there is one a week, on Sundays.
  await api.patch(`/business-hours/${late.id}`, { week: { sun: [{ from: '10:00', to: '11:00' }] }, holidays: [] })
  await page.goto(`${desk.url}/pipelines?p=${pipeline.id}`)
  await page.getByLabel('Time limits count').selectOption({ label: 'Late desk' })
  await page.getByRole('button', { name: 'Save', exact: true }).click()
  await until(async () => {
    const due = new Date((await api.get(`/leads/${lead.id}`)).due_at)
    // Until eleven in Vietnam.
    return due.getUTCDay() === 0 && due.getUTCHours() <= 4 && due.getUTCHours() >= 3
  }, 'the lead is due on a Sunday')

  await page.goto(`${desk.url}/pipelines/hours`)
  await page.getByRole('link', { name: /^Late desk/ }).filter({ hasText: `counted in by ${pipeline.name}` }).click()
  await page.getByText(`Time limits of ${pipeline.name} are counted in these hours`).waitFor()
  assert.equal(await page.getByRole('button', { name: 'Delete these hours' }).isDisabled(), true)
  await page.goto(`${desk.url}/pipelines/hours`)
  await page.getByRole('link', { name: /^Intake desk/ }).click()
  await page.getByRole('button', { name: 'Delete these hours' }).click()
  await page.getByRole('dialog', { name: 'Delete “Intake desk”?' }).getByRole('button', { name: 'Delete these hours' }).click()
  await page.getByRole('link', { name: /^Late desk/ }).waitFor()
  assert.deepEqual((await hours()).map(one => one.name), ['Late desk'])
  await done()
})

test('others see the hours and change nothing', async () => {
  const { page, done } = await open(browser)
  await logIn(page, desk, 'anna', PASSWORD)
  await page.goto(`${desk.url}/pipelines/hours`)
  await page.getByRole('link', { name: /^Late desk/ }).click()
  assert.equal(await page.getByLabel('Name', { exact: true }).isDisabled(), true)
  assert.equal(await page.getByRole('button', { name: 'Delete these hours' }).count(), 0)
  await done()
})

for (const theme of ['light', 'dark']) {
  test(`axe finds nothing, ${theme}`, async () => {
    const week = Object.fromEntries(['mon', 'tue', 'wed', 'thu', 'fri'].map(day => [day, [{ from: '08:00', to: '12:00' }, { from: '13:00', to: '17:00' }]]))
    const holidays = [{ date: '2026-01-01', name: 'New Year', yearly: true }, { date: '2026-02-17', name: 'Tết' }]
    const made = (await named('Office')) ?? (await api.post('/business-hours', { name: 'Office', zone: 'Asia/Ho_Chi_Minh', week, holidays }))
    const { page, done } = await open(browser, { theme })
    await logIn(page, desk, 'admin', PASSWORD)
    await page.goto(`${desk.url}/pipelines/hours`)
    await page.getByRole('link', { name: /^Office/ }).waitFor()
    await accessible(page, 'the list of hours')
    await picture(page, `hours-list-${theme}`)
    await page.goto(`${desk.url}/pipelines/hours?h=${made.id}`)
    await page.getByRole('group', { name: 'Monday' }).waitFor()
    await page.getByLabel('Name', { exact: true }).fill('Office hours')
    await accessible(page, 'hours being changed')
    await picture(page, `hours-${theme}`)
    await page.getByRole('button', { name: 'Discard' }).click()
    await done()
  })
}

test('a phone shows all of it, in Vietnamese', async () => {
  const made = await named('Office')
  const { page, done } = await open(browser, { viewport: { width: 390, height: 844 }, locale: 'vi' })
  await logIn(page, desk, 'admin', PASSWORD)
  await page.goto(`${desk.url}/pipelines/hours?h=${made.id}`)
  const day = page.getByRole('group', { name: /hai/i })
  await day.getByRole('button', { name: /^Thêm giờ cho/ }).waitFor()
  await page.getByText('Ngày nghỉ', { exact: true }).first().waitFor()
  assert.equal(await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth), true, 'nothing sticks out')
  assert.equal(await page.locator('main').evaluate(main => main.scrollWidth <= main.clientWidth), true, 'nothing sticks out of the page')
  await accessible(page, 'hours on a phone')
  await picture(page, 'hours-phone')
  await page.getByRole('button', { name: 'Thêm ngày nghỉ' }).scrollIntoViewIfNeeded()
  await picture(page, 'hours-phone-holidays')
  await done()
})
