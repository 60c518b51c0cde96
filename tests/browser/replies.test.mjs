// Saved replies: kept on their page, found by a slash where one writes, filled in for whom they go to; and messages from a lead.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { accessible, launch, logIn, open, picture, row, until } from './browser.mjs'
import { PASSWORD, startDesk } from './desk.mjs'

let browser, desk, lan, admin
const compose = p => p.getByRole('textbox', { name: 'Reply' })
const list = p => p.getByRole('listbox', { name: 'Saved replies' })
const option = (p, name) => list(p).getByRole('option').filter({ hasText: name })
const thread = p => p.getByRole('log', { name: 'Messages' })
const ticketOf = name => until(async () => (await admin.get('/tickets?queue=all')).tickets.find(t => t.contact.name === name), `the ticket of ${name}`)
const command = async (page, words) => {
  await page.keyboard.press('Control+k')
  await page.getByRole('combobox', { name: 'Commands' }).fill(words)
  await page.keyboard.press('Enter')
}
const openTicket = async (page, name) => {
  await row(page, name).getByRole('link').click()
  await page.getByRole('complementary', { name: 'Details' }).getByText(name).first().waitFor()
}
const on = async (options, work) => {
  const { page, context, done } = await open(browser, options)
  await logIn(page, desk, options.who ?? 'lan', PASSWORD)
  await work(page, context)
  await done()
}

before(async () => {
  browser = await launch()
  desk = await startDesk({
    preset: 'admissions',
    people: [
      { username: 'admin', name: 'Ada Admin', role: 'admin', departments: ['admissions'] },
      { username: 'lan', name: 'Linda Tran', role: 'agent', departments: ['admissions'], status: 'available' },
    ],
  })
  admin = await desk.as('admin')
  lan = await desk.as('lan')
  await desk.write('Sofia Rossi', 'Hello, I have a question')
  const ticket = await ticketOf('Sofia Rossi')
  if (ticket.assigned_agent?.id !== lan.me.id) await admin.put(`/tickets/${ticket.id}/assign`, { agent_id: lan.me.id })
  await admin.post('/leads', { contact_id: ticket.contact.id, assigned_to: lan.me.id, students: [{ name: 'Marco' }] })
  await admin.post('/leads', { name: 'Nobody Wrote', phone: '+14155550111', assigned_to: lan.me.id })
})
after(async () => {
  await browser.close()
  await desk.stop()
})

test('a reply is written with its fields, kept, found, changed and deleted, and that can be undone', () =>
  on({}, async page => {
    await page.keyboard.press('g')
    await page.keyboard.press('y')
    await page.getByRole('heading', { name: 'Saved replies' }).waitFor()
    await page.getByRole('listitem').filter({ hasText: 'Visit invitation' }).waitFor()
    await accessible(page, 'saved replies')
    await page.getByRole('button', { name: 'New reply' }).click()
    const dialog = page.getByRole('dialog', { name: 'New reply' })
    await dialog.getByLabel('Name').fill('Chào hỏi')
    assert.equal(await dialog.getByLabel('Shortcut').inputValue(), 'chao-hoi', 'the shortcut follows the name')
    await dialog.getByLabel('Shortcut').fill('hi')
    await dialog.getByLabel('Text').fill('Hi , it is {{contact.nme}}')
    await dialog.getByText('Marked words are no fields').waitFor()
    await dialog.getByRole('button', { name: 'Save', exact: true }).click()
    await until(() => dialog.getByLabel('Text').getAttribute('aria-invalid'), 'the fault stands at its field')
    await dialog.getByText('no field').first().waitFor()
    await dialog.getByLabel('Text').fill('Hi , mail ')
    await dialog.getByLabel('Text').evaluate(field => field.setSelectionRange(3, 3))
    await dialog.getByRole('button', { name: 'First name', exact: true }).click()
    assert.equal(await dialog.getByLabel('Text').inputValue(), 'Hi {{contact.first_name}}, mail ')
    await page.keyboard.press('End')
    await dialog.getByRole('button', { name: 'E-mail', exact: true }).click()
    await dialog.getByRole('region', { name: 'How it will read' }).getByText('Hi Sofia, mail an@example.com').waitFor()
    await accessible(page, 'a new reply', '[role=dialog]')
    await picture(page, 'reply-new')
    await page.keyboard.press('Escape')
    await page.getByRole('dialog', { name: 'Leave without saving?' }).getByRole('button', { name: 'Cancel' }).click()
    await dialog.getByRole('button', { name: 'Save', exact: true }).click()
    await page.getByText('“Chào hỏi” is saved').waitFor()

    await page.getByRole('searchbox', { name: 'Name, shortcut or text' }).fill('chao hoi')
    await until(async () => (await page.getByRole('list', { name: 'Saved replies' }).getByRole('listitem').count()) === 1, 'the one found')
    await page.getByRole('link', { name: 'Chào hỏi' }).click()
    const edit = page.getByRole('dialog', { name: 'Edit the reply' })
    await edit.getByLabel('Name').fill('Chào')
    await edit.getByRole('button', { name: 'Save', exact: true }).click()
    await edit.waitFor({ state: 'detached' })
    await page.getByRole('searchbox', { name: 'Name, shortcut or text' }).fill('')
    await page.getByRole('button', { name: 'Delete Chào' }).click()
    await page.getByText('“Chào” is deleted').waitFor()
    await page.getByRole('button', { name: 'Undo' }).click()
    await page.getByRole('link', { name: 'Chào' }).waitFor()

    // One of others is read, and copied.
    await page.getByRole('link', { name: 'Visit invitation' }).click()
    const read = page.getByRole('dialog', { name: 'A reply of others' })
    assert.equal(await read.getByLabel('Text').isDisabled(), true)
    await read.getByRole('button', { name: 'Make a copy of my own' }).click()
    await dialog.getByLabel('Name').fill('My invitation')
    await dialog.getByRole('button', { name: 'Save', exact: true }).click()
    await page.getByRole('listitem').filter({ hasText: 'My invitation' }).getByText('Only you').waitFor()
    assert.equal((await lan.get('/canned-replies?mine=true')).total, 2)
  }))

test('a slash finds a reply, and it is filled in for the customer where the caret is', () =>
  on({}, async page => {
    await openTicket(page, 'Sofia Rossi')
    await compose(page).click()
    await page.keyboard.type('Good morning! /miss')
    await option(page, 'First call missed').waitFor()
    const described = await compose(page).getAttribute('aria-activedescendant')
    assert.equal(await page.locator(`[id="${described}"]`).textContent().then(text => text.includes('First call missed')), true)
    await accessible(page, 'the list of replies')
    await picture(page, 'reply-picker')
    await page.keyboard.press('Enter')
    await until(async () => (await compose(page).inputValue()).startsWith('Good morning! Hi Sofia, this is Linda from '), 'it is filled in')
    assert.equal(await list(page).count(), 0)

    // The next one has something that nobody knows.
    await compose(page).fill('')
    await page.keyboard.type('/')
    await option(page, 'Chào').waitFor()
    assert.match(await list(page).getByRole('option').first().textContent(), /Mine/, 'one’s own come first')
    await page.keyboard.type('hi')
    await page.keyboard.press('Tab')
    await until(async () => (await compose(page).inputValue()) === 'Hi Sofia, mail [contact.email]', 'what is missing is marked')
    await page.getByText('Fill in before you send:').waitFor()
    await accessible(page, 'what is missing')
    await picture(page, 'reply-blank')
    await page.getByRole('button', { name: '[contact.email]' }).click()
    await page.keyboard.type('sofia@example.com')
    await page.getByText('Fill in before you send:').waitFor({ state: 'detached' })
    await page.keyboard.press('Control+Enter')
    await thread(page).getByText('Hi Sofia, mail sofia@example.com').waitFor()
  }))

test('the list closes by Escape, knows what a slash within a word is, and opens by button and palette', () =>
  on({}, async page => {
    await openTicket(page, 'Sofia Rossi')
    await compose(page).click()
    await page.keyboard.type('and/or https://x ')
    assert.equal(await list(page).count(), 0)
    await page.keyboard.type('/vis')
    await option(page, 'Visit invitation').waitFor()
    await page.keyboard.press('Escape')
    assert.equal(await list(page).count(), 0)
    await page.keyboard.type('it')
    assert.equal(await list(page).count(), 0, 'what was refused stays away')
    assert.equal(await compose(page).evaluate(field => field === document.activeElement), true)
    await compose(page).fill('Dear')
    await page.getByRole('button', { name: 'Insert a saved reply' }).click()
    await option(page, 'Visit invitation').waitFor()
    assert.equal(await compose(page).inputValue(), 'Dear /')
    await page.keyboard.press('Escape')
    await until(async () => (await compose(page).inputValue()) === 'Dear ', 'the button’s slash goes with the list')
    await command(page, 'insert saved')
    await option(page, 'Visit invitation').waitFor()
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('ArrowUp')
    await page.keyboard.press('ArrowUp')
    await list(page).getByRole('option', { selected: true }).waitFor()
    await option(page, 'Visit invitation').click()
    await until(async () => (await compose(page).inputValue()).includes('show you around'), 'a click takes one')
    await compose(page).fill('')
    await page.keyboard.type('/nothing-like-it')
    await page.getByText('No saved reply is called “nothing-like-it”.').waitFor()
  }))

test('a lead is written to from its page, in a conversation that there is', () =>
  on({}, async (page, context) => {
    await page.goto(`${desk.url}/leads`)
    await page.getByRole('link', { name: 'Sofia Rossi' }).click()
    await page.getByRole('button', { name: 'Message', exact: true }).click()
    const field = page.getByRole('textbox', { name: 'Message' })
    await field.fill('')
    await page.keyboard.type('/received')
    await option(page, 'Application received').waitFor()
    await accessible(page, 'a message from the lead')
    await picture(page, 'lead-message')
    await page.keyboard.press('Enter')
    await until(async () => (await field.inputValue()).includes('the application for Marco has arrived'), 'the lead’s own facts are in it')
    await field.fill('See you on Monday, Sofia!')

    // It does not arrive at first: the text stays, and the same message goes out once.
    await context.route('**/api/v1/tickets/*/messages', route => route.abort())
    await page.getByRole('button', { name: 'Send', exact: true }).click()
    await page.getByText('Not sent, and your text is still here').waitFor()
    assert.equal(await field.inputValue(), 'See you on Monday, Sofia!')
    await accessible(page, 'a message that was not sent')
    await context.unroute('**/api/v1/tickets/*/messages')
    await page.getByRole('button', { name: 'Send again' }).click()
    const timeline = page.getByRole('list', { name: 'Timeline' })
    await timeline.getByText('See you on Monday, Sofia!').waitFor()
    assert.equal(await field.inputValue(), '')
    const ticket = await ticketOf('Sofia Rossi')
    const said = (await lan.get(`/tickets/${ticket.id}/messages`)).messages.filter(m => m.content.startsWith('See you on Monday'))
    assert.equal(said.length, 1)
    await page.getByRole('button', { name: 'Undo' }).click()
    await until(async () => (await field.inputValue()) === 'See you on Monday, Sofia!', 'the text is back')
  }))

test('another conversation is chosen, the palette writes too, and without any it says what to do', () =>
  on({}, async page => {
    const first = await ticketOf('Sofia Rossi')
    const made = await admin.post('/tickets', { source: { channel: 'email' }, customer: { channel_identity: 'sofia@example.com', primary_email: 'sofia@example.com', name: 'Sofia Rossi' }, subject: 'By e-mail', initial_message: 'Hello', priority: 'medium' })
    if (made.contact.id !== first.contact.id) await admin.post(`/contacts/${first.contact.id}/merge`, { other_id: made.contact.id })
    await admin.put(`/tickets/${made.id}/assign`, { agent_id: lan.me.id })
    await page.goto(`${desk.url}/leads`)
    await page.getByRole('link', { name: 'Sofia Rossi' }).click()
    await page.getByRole('heading', { name: 'Sofia Rossi' }).waitFor()
    await command(page, 'write sofia')
    const field = page.getByRole('textbox', { name: 'Message' })
    await until(() => field.evaluate(node => node === document.activeElement), 'the palette leads into the field')
    await page.getByRole('button', { name: /^Conversation: .*By e-mail/ }).click()
    await accessible(page, 'conversations to choose from')
    await picture(page, 'lead-conversations')
    await page.getByRole('option').filter({ hasText: `#${first.number}` }).click()
    await field.fill('Into the first one')
    await page.keyboard.press('Control+Enter')
    await until(async () => (await lan.get(`/tickets/${first.id}/messages`)).messages.some(m => m.content === 'Into the first one'), 'it went where it was said')

    await page.goto(`${desk.url}/leads`)
    await page.getByRole('link', { name: 'Nobody Wrote' }).click()
    await page.getByRole('button', { name: 'Message', exact: true }).click()
    await page.getByText('There is no conversation with Nobody Wrote yet').waitFor()
    await accessible(page, 'no conversation yet')
    await picture(page, 'lead-no-conversation')
    await page.getByRole('button', { name: 'New ticket' }).last().click()
    await page.getByRole('dialog', { name: 'New ticket' }).waitFor()
  }))

test('on a phone, in the dark, in Vietnamese', () =>
  on({ viewport: { width: 390, height: 780 }, theme: 'dark', locale: 'vi-VN' }, async page => {
    await page.goto(`${desk.url}/replies`)
    await page.getByRole('heading', { name: 'Trả lời mẫu' }).waitFor()
    await page.getByRole('listitem').first().waitFor()
    await accessible(page, 'saved replies on a phone')
    await picture(page, 'replies-phone-dark')
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), true, 'nothing hangs over')
    await page.getByRole('button', { name: 'Mẫu mới' }).click()
    await page.getByRole('dialog', { name: 'Mẫu mới' }).getByLabel('Nội dung').fill('Chào {{contact.first_name|bạn}}')
    await accessible(page, 'a new reply on a phone', '[role=dialog]')
    await picture(page, 'reply-new-phone-dark')
  }))

test('on a phone the list fits above the keyboard’s field', () =>
  on({ viewport: { width: 390, height: 780 } }, async page => {
    await page.getByRole('link', { name: /Sofia Rossi/ }).first().click()
    await compose(page).click()
    await page.keyboard.type('/')
    await option(page, 'Visit invitation').waitFor()
    await accessible(page, 'the list of replies on a phone')
    await picture(page, 'reply-picker-phone')
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), true, 'nothing hangs over')
    await page.keyboard.press('Escape')
    await compose(page).fill('')
  }))

test('an administrator keeps everybody’s, in the dark', () =>
  on({ who: 'admin', theme: 'dark' }, async page => {
    await page.goto(`${desk.url}/replies`)
    await page.getByRole('listitem').first().waitFor()
    await accessible(page, 'saved replies in the dark')
    await picture(page, 'replies-dark')
    await page.getByRole('combobox', { name: 'Whose' }).selectOption({ label: 'Financial Aid' })
    await until(async () => (await page.getByRole('list', { name: 'Saved replies' }).getByRole('listitem').count()) === 1, 'those of one department')
    await page.getByRole('link', { name: 'Financial aid: how it works' }).click()
    const edit = page.getByRole('dialog', { name: 'Edit the reply' })
    await edit.getByLabel('For whom').selectOption({ label: 'Everybody' })
    await accessible(page, 'a reply in the dark', '[role=dialog]')
    await picture(page, 'reply-edit-dark')
    // Somebody else is faster; nothing is lost.
    const found = (await admin.get('/canned-replies?search=how it works')).canned_replies[0]
    await admin.patch(`/canned-replies/${found.id}`, { name: 'Financial aid, briefly' })
    await edit.getByRole('button', { name: 'Save', exact: true }).click()
    await page.getByText('Somebody changed this reply').waitFor()
    await edit.getByRole('button', { name: 'Save', exact: true }).click()
    await edit.waitFor({ state: 'detached' })
    assert.equal((await admin.get(`/canned-replies/${found.id}`)).shared_with, 'all')
  }))
