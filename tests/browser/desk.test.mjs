// Managers and administrators: who gets which work, who works here, and what is connected.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { accessible, launch, logIn, open, picture, row, until } from './browser.mjs'
import { PASSWORD, startDesk } from './desk.mjs'

let browser, desk
before(async () => {
  browser = await launch()
  desk = await startDesk({
    people: [
      { username: 'admin', name: 'Ada Admin', role: 'admin' },
      { username: 'manager', name: 'Minh Manager', role: 'manager', departments: ['ky-thuat', 'kinh-doanh'] },
      { username: 'lan', name: 'Lan Agent', role: 'agent', departments: ['ky-thuat'], status: 'available' },
      { username: 'tuan', name: 'Tuấn Agent', role: 'agent', departments: ['ky-thuat'], status: 'available' },
    ],
  })
})
after(async () => {
  await browser.close()
  await desk.stop()
})

test('a keyword is added, found, changed, refused twice, deleted and brought back', async () => {
  const { page, done } = await open(browser)
  await logIn(page, desk, 'manager', PASSWORD)
  await page.getByRole('link', { name: 'Routing' }).first().click()
  const form = page.getByRole('form', { name: 'Add keyword' })
  await form.getByLabel('Keyword').fill('Màn hình xanh')
  await form.getByLabel('Department').selectOption('Kỹ thuật')
  await form.getByRole('button', { name: 'Add keyword' }).click()
  await page.getByLabel('Keyword Màn hình xanh').waitFor()
  // Case and accents do not matter.
  await form.getByLabel('Keyword').fill('MAN HINH XANH')
  await form.getByRole('button', { name: 'Add keyword' }).click()
  await page.getByText('There is such a keyword already').waitFor()
  await page.getByLabel('Search keywords').fill('man hinh')
  await until(async () => (await page.getByRole('row').count()) === 2, 'the search finds the one')
  const api = await desk.as('manager')
  const kept = async () => (await api.get('/keywords?search=man%20hinh')).keywords[0]
  await page.getByLabel('Weight of Màn hình xanh').selectOption('5')
  await until(async () => (await kept()).priority === 5, 'the weight is kept')
  await page.getByLabel('Màn hình xanh is active').click()
  await until(async () => !(await kept()).is_active, 'it is off')
  await page.getByLabel('Màn hình xanh is active').click()
  await until(async () => (await kept()).is_active, 'it is on')
  await page.getByRole('button', { name: 'Delete Màn hình xanh' }).click()
  await page.getByText('Deleted Màn hình xanh').waitFor()
  await until(async () => (await kept()) === undefined, 'it is gone')
  await page.getByRole('button', { name: 'Undo' }).click()
  await until(async () => (await kept())?.priority === 5, 'it is back as it was')
  await done()
})

test('the simulator shows what matches, who is considered and who wins', async () => {
  const { page, done } = await open(browser)
  await logIn(page, desk, 'manager', PASSWORD)
  await page.goto(`${desk.url}/routing?tab=simulator`)
  await page.getByLabel('Message of a customer').fill('Máy báo lỗi và không hoạt động')
  await page.getByRole('button', { name: 'Simulate' }).click()
  const candidates = page.getByRole('list', { name: 'Candidates' })
  await candidates.getByText('Lan Agent').waitFor()
  await candidates.getByText('Tuấn Agent').waitFor()
  await page.getByText('lỗi ×').waitFor()
  await page.getByText('không hoạt động ×').waitFor()
  await page.getByText('Kỹ thuật (by keywords)').waitFor()
  await page.getByText(/Most points: \d+, among 2/).waitFor()
  await page.getByText('Left out: 1 offline').waitFor()
  await page.getByText('Not spam').waitFor()
  await page.getByText('may bao loi va khong hoat dong').waitFor()
  const { decision } = await (await desk.as('manager')).post('/routing/simulate', { content: 'Máy báo lỗi và không hoạt động' })
  await page.getByLabel('Routing simulator').or(page.getByRole('region', { name: 'Simulator' })).getByText(decision.winner.name, { exact: true }).first().waitFor()
  await done()
})

test('the queues move by themselves', async () => {
  const { page, done } = await open(browser)
  await logIn(page, desk, 'manager', PASSWORD)
  await page.goto(`${desk.url}/routing?tab=queues`)
  const line = page.getByRole('row', { name: /Kỹ thuật/ })
  await line.getByText('2 of 3 available').waitFor()
  const agents = [await desk.as('lan'), await desk.as('tuan')]
  for (const agent of agents) await agent.put(`/users/${agent.me.id}/status`, { status: 'away' })
  await line.getByText('0 of 3 available').waitFor()
  await desk.write('Người Chờ', 'Lỗi cài đặt')
  await until(async () => (await line.getByRole('cell').first().textContent()) === '1', 'one waits')
  await agents[0].put(`/users/${agents[0].me.id}/status`, { status: 'available' })
  await until(async () => (await line.getByRole('cell').first().textContent()) === '0', 'it went to whoever came back')
  await done()
})

test('a person is changed, and not let go while there is work', async () => {
  const { page, done } = await open(browser)
  await logIn(page, desk, 'admin', PASSWORD)
  await page.getByRole('link', { name: 'Users' }).first().click()
  await page.getByRole('button', { name: /Lan Agent/ }).click()
  const dialog = page.getByRole('dialog', { name: 'Lan Agent' })
  await dialog.getByRole('button', { name: 'Deactivate' }).click()
  await dialog.getByText('Open tickets or leads are still').waitFor()
  await dialog.getByLabel('Capacity').fill('12')
  await dialog.getByRole('button', { name: 'Save' }).click()
  await page.getByRole('row', { name: /Lan Agent/ }).getByText('/12').waitFor()
  await page.getByLabel('Search users').fill('tuấn')
  await until(async () => (await page.getByRole('row').count()) === 2, 'the search finds one')
  await done()
})

test('a channel is connected and checked, a key is shown once and revoked', async () => {
  const { page, done } = await open(browser)
  await logIn(page, desk, 'admin', PASSWORD)
  await page.getByRole('link', { name: 'Connections' }).first().click()
  await page.getByRole('button', { name: 'Connect a channel' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('Channel').selectOption('telegram')
  await dialog.getByLabel('Account id').fill('my_shop_bot')
  await dialog.getByLabel('Name').fill('Shop bot')
  await dialog.getByRole('button', { name: 'Connect', exact: true }).click()
  const channel = page.getByRole('listitem', { name: 'Shop bot' })
  await channel.getByText('/api/v1/webhooks/telegram').waitFor()
  await channel.getByRole('button', { name: /Check/ }).click()
  await channel.getByText('There is no secret').waitFor()
  await channel.getByRole('button', { name: /Disable/ }).click()
  await channel.getByText('Disabled').waitFor()

  await page.getByRole('link', { name: 'API keys' }).click()
  await page.getByRole('button', { name: 'Add API key' }).click()
  await page.getByRole('dialog').getByLabel('Name').fill('Website form')
  await page.getByRole('button', { name: 'Create key' }).click()
  const key = await page.getByRole('dialog').getByLabel('Key').first().inputValue()
  assert.match(key, /^fd_/)
  const post = () => fetch(`${desk.url}/api/v1/webhook`, { method: 'POST', headers: { 'x-api-key': key, 'content-type': 'application/json' }, body: JSON.stringify({ platform: 'website', sender: 'k', content: 'Hello' }) })
  assert.equal((await post()).status, 200)
  await page.getByRole('dialog').getByRole('button', { name: 'Close' }).last().click()
  const line = page.getByRole('row', { name: /Website form/ })
  await line.getByRole('button', { name: /Revoke/ }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Revoke' }).click()
  await line.getByText('Revoked').waitFor()
  assert.equal((await post()).status, 401)
  await done()
})

test('what the server found is told in Vietnamese', async () => {
  const { page, done } = await open(browser, { locale: 'vi' })
  await logIn(page, desk, 'admin', PASSWORD)
  await page.goto(`${desk.url}/routing?tab=simulator`)
  await page.getByLabel('Tin nhắn của khách').fill('CLAIM YOUR PRIZE now!!!! http://bit.ly/x http://cutt.ly/y')
  await page.getByRole('button', { name: 'Mô phỏng' }).click()
  await page.getByText('2 liên kết, 2 liên kết rút gọn').waitFor()
  await page.getByText('4 dấu chấm than').waitFor()
  await accessible(page, 'the simulator in Vietnamese')
  await picture(page, 'simulator-vi')
  await page.goto(`${desk.url}/connections`)
  const channel = page.getByRole('listitem', { name: 'Shop bot' })
  await channel.getByRole('button', { name: /Kiểm tra/ }).click()
  await channel.getByText('Kênh đang tắt: tin nhắn bị từ chối.').waitFor()
  await channel.getByText('Chưa có khóa bí mật').waitFor()
  await picture(page, 'channel-check-vi')
  await done()
})
