// Leads in and out as files, what somebody is told, and what the palette does with a lead.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, before, test } from 'node:test'
import { accessible, launch, logIn, open, picture, until } from './browser.mjs'
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
})
after(async () => {
  await browser.close()
  await desk.stop()
})

/** As a spreadsheet in Vietnam writes it. Rows 4 and 5 have faults, row 6 is somebody who was there above. */
const TABLE = [
  'Họ tên;Số điện thoại;E-mail;Nguồn;Học sinh;Ngày sinh;Entry year;Mã nội bộ',
  'Nguyễn Thị Đào;+84901234567;dao@example.com;Website;Minh;31/01/2015;2027;A1',
  'Trần Bảo Ngọc;+84912345678;;Referral;An;05/06/2016;2028;A2',
  'Lê Văn Hùng;không có số;;Website;;;2027;A3',
  'Phạm Thu Hà;+84987654321;=ha;Website;Bống;31/02/2016;2035;A4',
  'Nguyễn Thị Đào;+84 90 123 4567;;Website;;;;A5',
].join('\r\n')
const file = (name, text = TABLE) => ({ name, mimeType: 'text/csv', buffer: Buffer.from(text) })
const choose = (page, name, text) => page.locator('input[type=file]').setInputFiles(file(name, text))
const count = async (page, words) => Number(await page.locator('dl > div').filter({ hasText: words }).locator('dd').textContent())
const wide = page => page.evaluate(() => document.documentElement.scrollWidth - innerWidth)

test('a Vietnamese table with faults: from choosing it to taking it back', async () => {
  const { page, done } = await open(browser)
  await logIn(page, desk, 'admin', PASSWORD)
  await page.goto(`${desk.url}/leads`)
  await page.getByRole('link', { name: 'Import', exact: true }).click()
  await page.getByRole('heading', { name: 'Import leads' }).waitFor()
  await accessible(page, 'where imports begin')
  await picture(page, 'imports-begin')
  await page.locator('input[type=file]').setInputFiles({ name: 'leads.xlsx', mimeType: 'application/octet-stream', buffer: Buffer.from('PK\x03\x04 and more') })
  await page.getByRole('alert').getByText('This is an Excel workbook').waitFor()
  await choose(page, 'senseless.csv', '\n')
  await page.getByRole('alert').getByText('The file is empty').waitFor()

  await choose(page, 'Hội chợ.csv')
  await page.getByRole('heading', { name: 'Hội chợ.csv' }).waitFor()
  await page.getByText('8 columns · UTF-8 · separated by semicolons').waitFor()
  const becomes = name => page.getByLabel(`${name} becomes`)
  assert.equal(await becomes('Số điện thoại').inputValue(), 'phone')
  assert.equal(await becomes('Ngày sinh').inputValue(), 'student_date_of_birth')
  assert.equal(await becomes('Entry year').inputValue(), 'custom.entry_year')
  assert.equal(await becomes('Mã nội bộ').inputValue(), '')
  await page.getByText('7 of 8 columns are imported.').waitFor()
  await page.getByText('Nguyễn Thị Đào · Trần Bảo Ngọc · Lê Văn Hùng').waitFor()
  await page.getByText('The first rows, as they were read').click()
  await page.getByRole('cell', { name: 'không có số' }).waitFor()
  await accessible(page, 'the columns')
  await picture(page, 'imports-columns')

  // A field is one column: what is taken says by whom, and cannot be chosen again.
  await becomes('Mã nội bộ').selectOption('tags')
  await page.getByText('8 of 8 columns are imported.').waitFor()
  const taken = becomes('Entry year').locator('option[value=tags]')
  assert.deepEqual([await taken.isDisabled(), await taken.textContent()], [true, 'Tags (Mã nội bộ)'])
  const id = Number(page.url().match(/import\/(\d+)/)[1])
  await until(async () => (await api.get(`/imports/${id}`)).mapping['7'] === 'tags', 'the server keeps it')
  await page.reload()
  await until(async () => (await becomes('Mã nội bộ').inputValue()) === 'tags', 'it is there after a reload')
  for (const name of ['Họ tên', 'Số điện thoại', 'E-mail']) await becomes(name).selectOption('')
  await page.getByText('Say which column is the name').waitFor()
  assert.ok(await page.getByRole('button', { name: 'Next: options' }).isDisabled())
  await becomes('Họ tên').selectOption('name')
  await becomes('Số điện thoại').selectOption('phone')
  await becomes('E-mail').selectOption('email')
  await page.getByRole('button', { name: 'Next: options' }).click()

  await page.getByRole('heading', { name: 'What the rows do not say' }).waitFor()
  assert.match(page.url(), /step=options/)
  // What the server refuses stands at its field.
  await page.getByLabel('Stage').selectOption('Lost')
  await until(() => page.getByLabel('Why lost leads are lost').getAttribute('aria-invalid'), 'the fault stands at its field')
  await page.getByLabel('Why lost leads are lost').fill('No answer')
  await until(async () => !(await page.getByLabel('Why lost leads are lost').getAttribute('aria-invalid')), 'it is mended')
  await page.getByLabel('Stage').selectOption('First stage')
  await page.getByLabel('Tags for all').fill('hội chợ, 2026')
  await page.getByLabel('Owner').selectOption('Linda Tran')
  await accessible(page, 'the options')
  await picture(page, 'imports-options')
  await page.getByRole('button', { name: 'Check the file' }).click()

  await page.getByText('This is what would happen.').waitFor()
  assert.deepEqual([await count(page, 'would be new'), await count(page, 'would be skipped'), await count(page, 'have faults')], [2, 1, 2])
  const faults = page.getByRole('region', { name: '2 rows with faults' })
  await faults.getByRole('row', { name: /4.*Số điện thoại.*không có số.*Is no phone number/ }).waitFor()
  await faults.getByRole('row', { name: /Ngày sinh.*31\/02\/2016.*Is no day/ }).waitFor()
  await faults.getByRole('row', { name: /Entry year.*2035.*Must be one of: 2026, 2027, 2028/ }).waitFor()
  await faults.getByRole('row', { name: /E-mail.*=ha.*Is no e-mail address/ }).waitFor()
  await accessible(page, 'what would happen')
  await picture(page, 'imports-checked')
  const coming = page.waitForEvent('download')
  await page.getByRole('button', { name: 'Download CSV' }).click()
  const file = await coming
  assert.equal(file.suggestedFilename(), 'Hội chợ-faults.csv')
  const lines = readFileSync(await file.path(), 'utf8')
  assert.ok(lines.startsWith('\ufeffrow,errors,Họ tên') && lines.includes('Lê Văn Hùng') && lines.includes(`"'=ha"`), lines)
  assert.equal((await api.get('/leads')).total, 0, 'nothing is done yet')

  await page.getByRole('button', { name: 'Import 2 rows' }).click()
  await page.getByRole('heading', { name: 'The leads are in' }).waitFor()
  const made = (await api.get('/leads?tag=h%E1%BB%99i%20ch%E1%BB%A3')).leads
  assert.deepEqual(made.map(lead => [lead.name, lead.owner.name]).sort(), [['Nguyễn Thị Đào', 'Linda Tran'], ['Trần Bảo Ngọc', 'Linda Tran']])
  await page.reload()
  await page.getByRole('heading', { name: 'The leads are in' }).waitFor()
  await faults.waitFor()
  await accessible(page, 'what happened')
  await picture(page, 'imports-done')
  await page.getByRole('link', { name: 'See the leads' }).click()
  await page.getByRole('link', { name: 'Trần Bảo Ngọc' }).waitFor()
  await page.goBack()

  await page.getByRole('button', { name: 'Undo the import' }).click()
  const dialog = page.getByRole('dialog', { name: 'Undo this import?' })
  await dialog.getByText('It is about 2 leads.').waitFor()
  await accessible(page, 'the question', '[role=dialog]')
  await dialog.getByRole('button', { name: 'Undo the import' }).click()
  await page.getByRole('heading', { name: 'The import was undone' }).waitFor()
  assert.equal((await api.get('/leads')).total, 0)
  await page.getByRole('link', { name: 'All imports' }).click()
  await page.getByRole('listitem').filter({ hasText: 'Hội chợ.csv' }).getByText('Undone').waitFor()
  await accessible(page, 'earlier imports')
  await done()
})

test('an import is told live to whoever looks, and goes on without anybody', async () => {
  const { page, done } = await open(browser)
  await logIn(page, desk, 'admin', PASSWORD)
  await page.goto(`${desk.url}/leads/import`)
  const rows = Array.from({ length: 3_000 }, (_, n) => `Person ${n},+1415556${String(n).padStart(4, '0')}`)
  await choose(page, 'many.csv', ['name,phone', ...rows].join('\n'))
  await page.getByRole('button', { name: 'Next: options' }).click()
  await page.getByRole('button', { name: 'Check the file' }).click()
  await page.getByRole('button', { name: 'Import 3,000 rows' }).click()
  await page.locator('section').filter({ has: page.getByRole('progressbar') }).getByText('You can leave this page').waitFor()
  await page.locator('[aria-current=step]').getByText('Result').waitFor()
  await picture(page, 'imports-running')
  await page.getByRole('link', { name: 'All imports' }).click()
  const item = page.getByRole('listitem').filter({ hasText: 'many.csv' })
  await until(async () => /3,000 new/.test(await item.textContent()), 'the list tells when it is done', 180_000)
  await item.getByRole('link').click()
  await page.getByRole('heading', { name: 'The leads are in' }).waitFor()
  await page.getByRole('button', { name: 'Undo the import' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Undo the import' }).click()
  await page.getByRole('heading', { name: 'The import was undone' }).waitFor({ timeout: 180_000 })
  assert.equal((await api.get('/leads')).total, 0)
  await done()
})

test('one that is running is stopped and taken back', async () => {
  const before = (await api.get('/leads?outcome=open')).total
  const { page, done } = await open(browser)
  await logIn(page, desk, 'admin', PASSWORD)
  await page.goto(`${desk.url}/leads/import`)
  const rows = Array.from({ length: 12_000 }, (_, n) => `Person ${n},+1415${String(5_000_000 + n)}`)
  await choose(page, 'long.csv', ['name,phone', ...rows].join('\n'))
  await page.getByRole('button', { name: 'Next: options' }).click()
  await page.getByRole('button', { name: 'Check the file' }).click()
  await page.getByRole('button', { name: 'Import 12,000 rows' }).click({ timeout: 180_000 })
  await page.getByRole('button', { name: 'Stop and undo' }).click()
  await page.getByRole('dialog', { name: 'Undo this import?' }).getByRole('button', { name: 'Undo the import' }).click()
  await page.getByRole('heading', { name: 'The import was undone' }).waitFor({ timeout: 180_000 })
  assert.equal((await api.get('/leads?outcome=open')).total, before)
  await done()
})

test('by keyboard alone', async () => {
  const { page, done } = await open(browser)
  await logIn(page, desk, 'admin', PASSWORD)
  const command = async words => {
    await page.keyboard.press('Control+k')
    await page.getByRole('combobox', { name: 'Commands' }).fill(words)
    await page.keyboard.press('Enter')
  }
  await command('import leads')
  await page.getByRole('heading', { name: 'Import leads' }).waitFor()
  const focusOn = async name => {
    for (let n = 0; n < 80; n += 1) {
      await page.keyboard.press('Tab')
      if (await page.evaluate(name => document.activeElement?.textContent?.trim().startsWith(name) || document.activeElement?.getAttribute('aria-label') === name, name)) return
    }
    assert.fail(`${name} is not reached`)
  }
  // Asked for early: the browser has to be told first.
  const chooser = page.waitForEvent('filechooser')
  await focusOn('Choose a file')
  await page.keyboard.press('Enter')
  await (await chooser).setFiles(file('keys.csv', 'name,what\nAnn,x'))
  await page.getByRole('heading', { name: 'keys.csv' }).waitFor()
  await focusOn('what becomes')
  await page.keyboard.type('Notes')
  await until(async () => (await page.getByLabel('what becomes').inputValue()) === 'notes', 'a letter chooses')
  await focusOn('Next: options')
  await page.keyboard.press('Enter')
  await focusOn('Check the file')
  await page.keyboard.press('Enter')
  await page.getByRole('button', { name: 'Import 1 row' }).waitFor()
  await focusOn('Import 1 row')
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { name: 'The leads are in' }).waitFor()
  await done()
})

test('the list goes out as it stands, and a failure can be tried again', async () => {
  await api.post('/leads', { name: '=1+1', phone: '+14155550131', assigned_to: null })
  await api.post('/leads', { name: 'Somebody Else', phone: '+14155550132', assigned_to: null })
  const { page, done } = await open(browser)
  await logIn(page, desk, 'admin', PASSWORD)
  await page.goto(`${desk.url}/leads?q=0131`)
  await page.getByRole('link', { name: '=1+1' }).waitFor()
  const take = async format => {
    const coming = page.waitForEvent('download')
    await page.getByRole('button', { name: 'Export' }).click()
    await page.getByRole('menuitem', { name: format }).click()
    const taken = await coming
    return { name: taken.suggestedFilename(), bytes: readFileSync(await taken.path()) }
  }
  const csv = await take('CSV, for any program')
  assert.match(csv.name, /^leads-\d{4}-\d\d-\d\d\.csv$/)
  assert.equal(csv.bytes.subarray(0, 3).toString('hex'), 'efbbbf', 'it says that it is UTF-8')
  const text = csv.bytes.toString('utf8')
  assert.ok(text.includes(`"'=1+1"`), 'a formula is none')
  assert.ok(!text.includes('Somebody Else'), 'the search counts')
  const shown = await take('CSV, columns shown')
  assert.equal(shown.bytes.toString('utf8').slice(1).split('\r\n')[0], 'name,stage,phone,email,score,owner,value,created_at')
  const xlsx = await take('Excel workbook')
  assert.equal(xlsx.bytes.subarray(0, 2).toString(), 'PK')

  await page.route('**/leads/export*', route => route.abort())
  await page.getByRole('button', { name: 'Export' }).click()
  await accessible(page, 'the menu of exports', '[role=menu]')
  await page.getByRole('menuitem', { name: 'CSV, for any program' }).click()
  const failed = page.getByRole('alert').filter({ hasText: 'was not downloaded' })
  await failed.waitFor()
  await page.unroute('**/leads/export*')
  const again = page.waitForEvent('download')
  await failed.getByRole('button', { name: 'Retry' }).click()
  await again
  await done()

  const agent = await open(browser)
  await logIn(agent.page, desk, 'lan', PASSWORD)
  await agent.page.goto(`${desk.url}/leads`)
  await agent.page.getByRole('heading', { name: 'Leads' }).waitFor()
  assert.equal(await agent.page.getByRole('button', { name: 'Export' }).count(), 0, 'an agent takes nothing out')
  await agent.page.goto(`${desk.url}/leads/import`)
  await agent.page.waitForURL('**/inbox*')
  await agent.done()
})

for (const theme of ['light', 'dark']) {
  test(`the bell tells live and leads there, ${theme}`, async () => {
    const lan = await desk.as('lan')
    const lead = await api.post('/leads', { name: `Rung For ${theme}`, phone: theme === 'light' ? '+14155550141' : '+14155550142', assigned_to: lan.me.id })
    // Of the lead they heard, too.
    assert.ok((await lan.get('/notifications/count')).unread > 0)
    await lan.post('/notifications/mark-all-read')
    const { page, done } = await open(browser, { theme })
    await logIn(page, desk, 'lan', PASSWORD)
    const bell = page.getByRole('button', { name: /^Notifications/ })
    await bell.waitFor()
    await api.post('/tasks', { title: `Call them back (${theme})`, lead_id: lead.id, assigned_to: lan.me.id })
    await api.post('/tasks', { title: `And something else (${theme})`, assigned_to: lan.me.id })
    await page.getByRole('button', { name: 'Notifications, 2 unread' }).waitFor()
    await bell.focus()
    await page.keyboard.press('Enter')
    const panel = page.getByRole('dialog', { name: 'Notifications' })
    await panel.getByText(`Call them back (${theme})`).waitFor()
    await panel.getByText('Ada Admin gave you a task').first().waitFor()
    await accessible(page, `the notifications (${theme})`, '[role=dialog]')
    await picture(page, `bell-${theme}`)
    await panel.getByRole('listitem').filter({ hasText: 'And something else' }).first().getByRole('button', { name: 'Mark as read' }).click()
    await page.getByRole('button', { name: 'Notifications, 1 unread' }).waitFor()
    await panel.getByRole('link', { name: /And something else/ }).first().focus()
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name: `Rung For ${theme}` }).waitFor()
    await page.getByRole('button', { name: 'Notifications', exact: true }).waitFor()
    assert.deepEqual(await lan.get('/notifications/count'), { unread: 0 })
    await api.post('/tasks', { title: 'One more', assigned_to: lan.me.id })
    await page.getByRole('button', { name: 'Notifications, 1 unread' }).click()
    await panel.getByRole('button', { name: 'Mark all as read' }).click()
    await until(async () => (await lan.get('/notifications/count')).unread === 0, 'all are read')
    await done()
  })
}

test('the palette moves the lead on screen, gives it away, and begins a call', async () => {
  const lead = await api.post('/leads', { name: 'Palette Lead', phone: '+14155550151', assigned_to: null })
  const { page, done } = await open(browser)
  await logIn(page, desk, 'admin', PASSWORD)
  await page.goto(`${desk.url}/leads/${lead.id}`)
  await page.getByRole('heading', { name: 'Palette Lead' }).waitFor()
  const command = async words => {
    await page.keyboard.press('Control+k')
    await page.getByRole('combobox', { name: 'Commands' }).fill(words)
    await page.keyboard.press('Enter')
  }
  const now = async () => api.get(`/leads/${lead.id}`)
  await command('move connected')
  await until(async () => (await now()).status === 'connected', 'it is moved')
  await command('assign samuel')
  await until(async () => (await now()).owner?.name === 'Samuel Ortiz', 'it is given away')
  await command('log call')
  await page.getByRole('textbox', { name: 'Call' }).waitFor()
  await until(() => page.evaluate(() => document.activeElement?.tagName === 'TEXTAREA'), 'the composer has the focus')
  await page.keyboard.type('They rang back.')
  await page.keyboard.press('Control+Enter')
  await page.getByRole('listitem').filter({ hasText: 'They rang back.' }).waitFor()
  await command('new task palette')
  await page.getByRole('textbox', { name: 'Task' }).waitFor()
  await page.goto(`${desk.url}/inbox`)
  await page.getByRole('heading', { name: 'Inbox' }).waitFor()
  await command('new task')
  await page.getByRole('dialog', { name: 'New task' }).getByLabel('What is to be done').fill('From anywhere')
  await page.keyboard.press('Enter')
  await until(async () => (await api.get('/tasks?assigned_to=me')).tasks.some(task => task.title === 'From anywhere'), 'the task is there')
  await done()
})

for (const theme of ['light', 'dark']) {
  test(`on a phone, in Vietnamese, ${theme}: every step fits`, async () => {
    const { page, done } = await open(browser, { viewport: { width: 360, height: 740 }, locale: 'vi', theme })
    await logIn(page, desk, 'admin', PASSWORD)
    const look = async name => {
      assert.ok((await wide(page)) <= 0, `${name} is wider than the screen`)
      await accessible(page, `${name} on a phone (${theme})`)
      await picture(page, `imports-phone-${name}-${theme}`)
    }
    await page.goto(`${desk.url}/leads`)
    await page.getByRole('heading', { name: 'Khách tiềm năng' }).waitFor()
    await page.getByRole('button', { name: 'Xuất' }).waitFor()
    await look('leads')
    await page.getByRole('link', { name: 'Nhập', exact: true }).click()
    await page.getByRole('heading', { name: 'Nhập khách từ tệp' }).waitFor()
    await look('begin')
    await choose(page, 'khách.csv')
    await page.getByText('Nhập 7 trên 8 cột.').waitFor()
    await look('columns')
    await page.getByRole('button', { name: 'Tiếp: tùy chọn' }).click()
    await page.getByRole('heading', { name: 'Dòng của người đã biết' }).waitFor()
    await look('options')
    await page.getByRole('button', { name: 'Kiểm tra tệp' }).click()
    await page.getByText('Không phải số điện thoại').waitFor()
    await page.getByText('Phải là một trong: 2026, 2027, 2028').waitFor()
    await look('checked')
    await page.getByRole('button', { name: 'Nhập 2 dòng' }).click()
    await page.getByRole('heading', { name: 'Đã nhập xong' }).waitFor()
    await look('done')
    await page.getByRole('button', { name: 'Hoàn tác lần nhập' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Hoàn tác lần nhập' }).click()
    await page.getByRole('heading', { name: 'Lần nhập đã được hoàn tác' }).waitFor()
    await page.getByRole('button', { name: /^Thông báo/ }).click()
    await page.getByRole('dialog', { name: 'Thông báo' }).waitFor()
    await look('bell')
    await done()
  })
}
