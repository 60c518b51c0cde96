// A day at the inbox: messages come, are answered, moved, resolved, and nothing typed is lost.
import assert from 'node:assert/strict'
import { after, afterEach, before, beforeEach, test } from 'node:test'
import { accessible, launch, logIn, open, picture, row, rows, until } from './browser.mjs'
import { PASSWORD, startDesk } from './desk.mjs'

let browser, desk, lan, huong, tab
const compose = p => p.getByRole('textbox', { name: 'Reply' })
const thread = p => p.getByRole('log', { name: 'Messages' })
const openTicket = async (page, name) => {
  await row(page, name).getByRole('link').click()
  await page.getByRole('complementary', { name: 'Details' }).getByText(name).first().waitFor()
}
const ticketOf = async (api, name) => (await api.get('/tickets?queue=all')).tickets.find(t => t.contact.name === name)
/** A customer writes in, and the ticket is there. */
const arrives = async (name, text) => {
  await desk.write(name, text)
  return until(() => ticketOf(lan, name), `the ticket of ${name}`)
}

before(async () => {
  browser = await launch()
  desk = await startDesk({
    people: [
      { username: 'lan', name: 'Nguyễn Thị Lan', role: 'agent', departments: ['ky-thuat'], status: 'available' },
      { username: 'huong', name: 'Lê Thu Hương', role: 'manager', departments: ['ky-thuat'], status: 'offline' },
    ],
  })
  lan = await desk.as('lan')
  huong = await desk.as('huong')
})
after(async () => {
  await browser.close()
  await desk.stop()
})
beforeEach(async () => {
  tab = await open(browser)
  await logIn(tab.page, desk, 'lan', PASSWORD)
})
afterEach(() => tab.done())

test('a message appears by itself, at once, and says why it came to me', async () => {
  const { page } = tab
  const shown = page.waitForFunction(() => [...document.querySelectorAll('[role=listitem]')].some(e => e.textContent?.includes('Khách Mới')))
  const from = Date.now()
  await desk.write('Khách Mới', 'Máy tính bị lỗi, không hoạt động')
  await shown
  const took = Date.now() - from
  console.log(`a new message was on screen ${took} ms after it was sent`)
  assert.ok(took < 3000, `${took} ms`)
  await openTicket(page, 'Khách Mới')
  await page.getByRole('heading', { name: 'Why me' }).waitFor()
  const details = page.getByRole('complementary', { name: 'Details' })
  await details.getByText('The only one who could take it').waitFor()
  await details.getByText('lỗi ×').first().waitFor()
  await details.getByRole('list', { name: 'Candidates' }).getByText('Nguyễn Thị Lan').waitFor()
  await thread(page).getByText('Assigned to Nguyễn Thị Lan').waitFor()
  // The next line of the same customer joins the open thread.
  await desk.write('Khách Mới', 'Em cần gấp ạ')
  await thread(page).getByText('Em cần gấp ạ').waitFor()
})

test('an answer can be called back, a note stays inside, and both are kept', async () => {
  const { page } = tab
  const ticket = await arrives('Khách Hai', 'Cài đặt giúp em')
  await openTicket(page, 'Khách Hai')
  await page.keyboard.press('r')
  await page.keyboard.type('Chào bạn, xin chờ một chút')
  await page.keyboard.press('Control+Enter')
  await thread(page).getByText('Chào bạn, xin chờ một chút').waitFor()
  await page.getByText('Message sent').waitFor()
  await page.getByRole('button', { name: 'Undo' }).last().click()
  await thread(page).getByText('Chào bạn, xin chờ một chút').waitFor({ state: 'detached' })
  assert.equal(await compose(page).inputValue(), 'Chào bạn, xin chờ một chút', 'the text is back in the composer')
  const said = async () => (await lan.get(`/tickets/${ticket.id}/messages`)).messages.filter(m => m.sender_type === 'agent' && !m.unsent_at)
  assert.equal((await said()).length, 0)

  await compose(page).fill('Chào bạn!')
  await page.getByRole('button', { name: 'Send', exact: true }).click()
  await thread(page).getByText('Chào bạn!').waitFor()
  await page.getByRole('button', { name: 'Status: Open' }).waitFor()
  await page.locator('body').press('Escape')
  await thread(page).focus()
  await page.keyboard.press('n')
  await page.keyboard.type('Khách quen, ưu tiên')
  await page.getByRole('button', { name: 'Add note' }).click()
  await thread(page).getByText('internal note').waitFor()
  const sent = await until(async () => (await said()).length === 2 && said(), 'both messages are kept')
  assert.deepEqual(sent.map(m => m.visibility).sort(), ['internal', 'public'])
})

test('a draft outlives a reload, and is kept per ticket', async () => {
  const { page } = tab
  await arrives('Khách Ba', 'Bảo hành thế nào?')
  await openTicket(page, 'Khách Ba')
  await compose(page).fill('Đang viết dở')
  await page.getByText('Draft saved').waitFor()
  await page.reload()
  await until(async () => (await compose(page).inputValue().catch(() => '')) === 'Đang viết dở', 'the draft is back')
  await openTicket(page, 'Khách Hai')
  await until(async () => (await compose(page).inputValue()) === '', 'another ticket has another draft')
})

test('files go with an answer: chosen, pasted or dropped, and tried again when one did not arrive', async () => {
  const { page, context } = tab
  const ticket = await arrives('Khách Tệp', 'Bảo hành: cho em xin bảng giá')
  await arrives('Khách Khác', 'Bảo hành ạ?')
  await openTicket(page, 'Khách Tệp')
  const staged = page.getByRole('list', { name: 'Files to send' })
  const item = name => staged.getByRole('listitem').filter({ hasText: name })
  const ready = name => item(name).getByText(/ (kB|byte)/).waitFor()

  const choosing = page.waitForEvent('filechooser')
  await page.getByRole('button', { name: 'Attach files' }).click()
  await (await choosing).setFiles({ name: 'bảng giá.pdf', mimeType: 'application/pdf', buffer: Buffer.from(`%PDF-1.4\n${'x'.repeat(3000)}`) })
  await ready('bảng giá.pdf')
  // A picture from the clipboard, and a file that is dropped anywhere on the conversation.
  const transfer = await page.evaluateHandle(async () => {
    const canvas = Object.assign(document.createElement('canvas'), { width: 64, height: 40 })
    const pen = canvas.getContext('2d')
    pen.fillStyle = 'teal'
    pen.fillRect(0, 0, 64, 40)
    const transfer = new DataTransfer()
    transfer.items.add(new File([await new Promise(made => canvas.toBlob(made))], 'ảnh.png', { type: 'image/png' }))
    return transfer
  })
  await compose(page).evaluate((field, transfer) => field.dispatchEvent(new ClipboardEvent('paste', { clipboardData: transfer, bubbles: true, cancelable: true })), transfer)
  await ready('ảnh.png')
  const note = await page.evaluateHandle(() => {
    const transfer = new DataTransfer()
    transfer.items.add(new File(['ghi chú'], 'note.txt', { type: 'text/plain' }))
    return transfer
  })
  await thread(page).dispatchEvent('dragenter', { dataTransfer: note })
  await page.getByText('Drop files here to attach them').waitFor()
  await thread(page).dispatchEvent('drop', { dataTransfer: note })
  await ready('note.txt')
  await accessible(page, 'files beside the composer')
  await picture(page, 'files-staged')
  await page.getByRole('button', { name: 'Remove note.txt' }).click()
  await item('note.txt').waitFor({ state: 'detached' })
  assert.equal(await compose(page).evaluate(field => field === document.activeElement), true, 'the composer has the focus')

  // The next one does not arrive; going away and coming back changes nothing about that.
  await context.route('**/api/v1/attachments?*', route => route.abort())
  await page.locator('input[type=file]').setInputFiles({ name: 'hợp đồng.txt', mimeType: 'text/plain', buffer: Buffer.from('Điều 1') })
  await item('hợp đồng.txt').getByText('The connection failed').waitFor()
  await openTicket(page, 'Khách Khác')
  assert.equal(await staged.count(), 0, 'files belong to their ticket')
  await openTicket(page, 'Khách Tệp')
  await item('hợp đồng.txt').getByText('The connection failed').waitFor()

  // Sent like that it stays in the thread as not sent, and goes out as a whole when it is tried again.
  await compose(page).fill('Gửi anh bảng giá và hợp đồng')
  await page.getByRole('button', { name: 'Send', exact: true }).click()
  const bubble = thread(page).getByRole('article').filter({ hasText: 'Gửi anh bảng giá' })
  await bubble.getByRole('alert').waitFor()
  await bubble.getByText('bảng giá.pdf').waitFor()
  await accessible(page, 'a message with files that was not sent')
  await picture(page, 'files-failed')
  await openTicket(page, 'Khách Khác')
  await openTicket(page, 'Khách Tệp')
  await context.unroute('**/api/v1/attachments?*')
  await bubble.getByRole('button', { name: 'Retry' }).click()
  await bubble.getByRole('alert').waitFor({ state: 'detached' })
  await bubble.getByRole('img', { name: 'ảnh.png' }).waitFor()
  const sent = await until(async () => (await lan.get(`/tickets/${ticket.id}/messages`)).messages.find(m => m.attachments.length > 0), 'it was sent')
  assert.deepEqual(sent.attachments.map(a => a.name), ['bảng giá.pdf', 'ảnh.png', 'hợp đồng.txt'])
  // After a reload the picture comes from the server.
  await page.reload()
  await bubble.getByRole('img', { name: 'ảnh.png' }).waitFor()
  await picture(page, 'files-sent')

  // A file alone is an answer, too; called back it lies beside the composer again.
  await page.locator('input[type=file]').setInputFiles({ name: 'thêm.txt', mimeType: 'text/plain', buffer: Buffer.from('thêm') })
  await ready('thêm.txt')
  await compose(page).press('Control+Enter')
  await thread(page).getByText('thêm.txt').waitFor()
  await page.getByRole('status').filter({ hasText: 'Message sent' }).getByRole('button', { name: 'Undo' }).last().click()
  await ready('thêm.txt')
})

test('what could not be sent stays, wherever one goes, and is sent again', async () => {
  const { page } = tab
  await openTicket(page, 'Khách Ba')
  await page.route('**/messages', route => (route.request().method() === 'POST' ? route.abort() : route.continue()))
  await compose(page).fill('Bảo hành 12 tháng')
  await compose(page).press('Control+Enter')
  await thread(page).getByText('Not sent').waitFor()
  await openTicket(page, 'Khách Hai')
  await row(page, 'Khách Ba').getByLabel('Not sent').waitFor()
  await page.reload()
  await openTicket(page, 'Khách Ba')
  await thread(page).getByText('Not sent').waitFor()
  await page.unroute('**/messages')
  await thread(page).getByRole('button', { name: 'Retry' }).click()
  await thread(page).getByText('Not sent').waitFor({ state: 'detached' })
  await thread(page).getByText('Bảo hành 12 tháng').waitFor()
  const ticket = await ticketOf(lan, 'Khách Ba')
  const { messages } = await lan.get(`/tickets/${ticket.id}/messages`)
  assert.equal(messages.filter(m => m.content === 'Bảo hành 12 tháng').length, 1, 'sent once')
})

test('everything can be done with keys', async () => {
  const { page } = tab
  for (const n of [1, 2, 3]) await arrives(`Phím ${n}`, `Lỗi số ${n}`)
  await page.goto(`${desk.url}/inbox?q=Phím`)
  await until(async () => (await rows(page).count()) === 3, 'three are found')
  const current = async () => (await rows(page).locator('a[aria-current]').first().textContent().catch(() => '')) ?? ''
  await page.getByRole('heading', { name: 'Inbox' }).click()
  await page.keyboard.press('j')
  await until(async () => (await current()).includes('Phím 3'), 'J opens the first')
  await page.keyboard.press('j')
  await until(async () => (await current()).includes('Phím 2'), 'J goes down')
  await page.keyboard.press('k')
  await until(async () => (await current()).includes('Phím 3'), 'K goes up')
  await page.getByRole('button', { name: 'Priority: Medium' }).waitFor()

  await page.keyboard.press('p')
  await page.getByRole('menuitemradio', { name: 'High' }).click()
  await page.getByRole('button', { name: 'Priority: High' }).waitFor()
  await thread(page).getByText(/Priority: High · Nguyễn Thị Lan/).waitFor()
  await page.keyboard.press('s')
  await page.getByRole('menuitemradio', { name: 'Waiting' }).click()
  await page.getByRole('button', { name: 'Status: Waiting' }).waitFor()
  await page.keyboard.press('t')
  await page.keyboard.type('gấp')
  await page.keyboard.press('Enter')
  await page.keyboard.press('Escape')
  await page.getByRole('button', { name: 'Remove the tag gấp' }).waitFor()
  await page.keyboard.press('a')
  await page.getByRole('option', { name: /Nobody/ }).click()
  await page.getByRole('button', { name: 'Take' }).waitFor()
  await page.getByRole('button', { name: 'Take' }).click()
  await page.getByRole('button', { name: 'Assigned to Nguyễn Thị Lan' }).waitFor()

  await page.getByRole('heading', { name: 'Inbox' }).click()
  await page.keyboard.press('e')
  await page.getByRole('button', { name: 'Status: Resolved' }).waitFor()
  await page.getByRole('status').filter({ hasText: 'is now: Resolved' }).getByRole('button', { name: 'Undo' }).click()
  await page.getByRole('button', { name: /Status: (Waiting|Open)/ }).waitFor()
  await page.getByRole('heading', { name: 'Inbox' }).click()
  await page.keyboard.press('Shift+E')
  await until(async () => (await current()).includes('Phím 2'), 'resolve and next')
  await until(async () => (await lan.get('/tickets?queue=all&search=Ph%C3%ADm%203&status=resolved')).total === 1, 'it is resolved')

  await page.keyboard.press('?')
  await page.getByRole('dialog', { name: 'Keyboard shortcuts' }).waitFor()
  await page.keyboard.press('Escape')
  await page.keyboard.press('x')
  await page.getByRole('region', { name: 'Selected tickets' }).getByText('1 selected').waitFor()
})

test('many are changed at once', async () => {
  const { page } = tab
  await page.goto(`${desk.url}/inbox?q=Phím&status=new,open,pending_customer`)
  await until(async () => (await rows(page).count()) === 2, 'two are left')
  await page.getByRole('checkbox', { name: /Phím 1/ }).check({ force: true })
  const bar = page.getByRole('region', { name: 'Selected tickets' })
  await bar.getByRole('button', { name: 'Select all loaded' }).click()
  await bar.getByText('2 selected').waitFor()
  await bar.getByRole('button', { name: 'Priority' }).click()
  await page.getByRole('menuitem', { name: 'Critical' }).click()
  await page.getByText('2 tickets changed').waitFor()
  await until(async () => (await lan.get('/tickets?queue=all&search=Ph%C3%ADm&priority=critical')).total === 2, 'both are critical')
})

test('the address holds the filters, and back works', async () => {
  const { page } = tab
  await page.getByRole('button', { name: 'Filter' }).click()
  await page.getByLabel('Priority').selectOption('critical')
  await page.waitForURL('**priority=critical**')
  await until(async () => (await rows(page).count()) === 2, 'two are critical')
  await page.keyboard.press('Escape')
  await page.getByRole('group', { name: 'Queues' }).getByRole('button', { name: /All/ }).click()
  await page.waitForURL('**tab=all**')
  await openTicket(page, 'Phím 1')
  await page.goBack()
  await page.waitForURL(url => url.searchParams.get('t') === null && url.searchParams.get('tab') === 'all')
  await page.goBack()
  await page.waitForURL(url => url.searchParams.get('tab') === null)
  assert.equal(await page.getByRole('button', { name: 'Filter, 1 active' }).count(), 1)
  await page.goto(`${desk.url}/inbox?tab=all&status=resolved`)
  await row(page, 'Phím 3').waitFor()
  assert.equal(await rows(page).count(), 1)
})

test('spam waits apart until somebody restores it', async () => {
  const manager = await open(browser)
  await logIn(manager.page, desk, 'huong', PASSWORD)
  const { page } = manager
  const before = (await huong.get('/tickets/counts')).spam
  await desk.write('Kẻ Quấy Rối', 'CONGRATULATIONS!!! You WON a FREE iPhone, claim your prize now: http://bit.ly/win-now http://cutt.ly/claim')
  await until(async () => (await huong.get('/tickets/counts')).spam === before + 1, 'it is spam')
  await page.getByRole('group', { name: 'Queues' }).getByRole('button', { name: /Spam/ }).click()
  await openTicket(page, 'Kẻ Quấy Rối')
  const details = page.getByRole('complementary', { name: 'Details' })
  await details.getByText('Typical phrases').waitFor()
  await page.getByRole('button', { name: 'Restore' }).click()
  await page.getByText('Restored to the inbox').waitFor()
  await row(page, 'Kẻ Quấy Rối').waitFor({ state: 'detached' })
  await until(async () => (await huong.get('/tickets/counts')).spam === before, 'it is spam no more')
  await manager.done()
})

test('one sees who else is there, and what they change', async () => {
  const { page } = tab
  const other = await open(browser)
  await logIn(other.page, desk, 'huong', PASSWORD)
  const ticket = await arrives('Khách Chung', 'Máy không hoạt động')
  await openTicket(page, 'Khách Chung')
  await other.page.goto(`${desk.url}/inbox?tab=all&t=${ticket.id}`)
  await compose(other.page).waitFor()
  await page.getByText('Lê Thu Hương is here too').waitFor()
  await compose(other.page).pressSequentially('Để mình trả lời')
  await page.getByText('Lê Thu Hương is writing…').waitFor()
  await compose(other.page).press('Control+Enter')
  await thread(page).getByText('Để mình trả lời').waitFor()
  await other.page.getByRole('button', { name: 'Resolve', exact: true }).click()
  await page.getByRole('button', { name: 'Status: Resolved' }).waitFor()
  await other.page.getByRole('group', { name: 'Queues' }).getByRole('button', { name: /Mine/ }).click()
  await page.getByText('Lê Thu Hương is here too').waitFor({ state: 'detached' })
  await other.done()
})

test('commands are found by their words', async () => {
  const { page } = tab
  await page.keyboard.press('Control+k')
  await page.getByRole('combobox', { name: 'Commands' }).fill('avail busy')
  await page.keyboard.press('Enter')
  await page.getByRole('button', { name: /Availability: Busy/ }).waitFor()
  await until(async () => (await lan.get('/auth/me')).status === 'busy', 'the desk knows')
  await page.keyboard.press('Control+k')
  await page.getByRole('combobox', { name: 'Commands' }).fill('go routing')
  await page.keyboard.press('Enter')
  await page.waitForURL('**/routing*')
  await page.keyboard.press('Control+k')
  await page.getByRole('combobox', { name: 'Commands' }).fill('set available')
  await page.keyboard.press('Enter')
  await page.getByRole('button', { name: /Availability: Available/ }).waitFor()
})
