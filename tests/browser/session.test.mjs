// From the first start to a changed password: who gets in, and how.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { accessible, fillLogIn, launch, logIn, open } from './browser.mjs'
import { PASSWORD, startDesk } from './desk.mjs'

let browser
before(async () => { browser = await launch() })
after(() => browser.close())

test('the first administrator comes by the printed link, changes the password, leaves and returns', async () => {
  const desk = await startDesk({ preset: null })
  try {
    const { page, done } = await open(browser)
    assert.ok(desk.setupLink, 'the program printed the link')
    await page.goto(`${desk.url}/inbox`)
    await page.getByText('Nobody has an account here yet').waitFor()
    await page.goto(desk.setupLink)
    await page.getByLabel('Name').fill('An Admin')
    await page.getByLabel('E-mail').fill('an@example.com')
    await page.getByLabel('New password', { exact: true }).fill(PASSWORD)
    await page.getByLabel('New password again').fill('something else')
    await page.getByText('The two are not the same.').waitFor()
    await page.getByLabel('New password again').fill(PASSWORD)
    await accessible(page, 'set-up')
    await page.getByRole('button', { name: 'Create the account' }).click()
    await page.waitForURL('**/inbox*')

    await page.getByRole('button', { name: 'Account: An Admin' }).click()
    await page.getByRole('menuitem', { name: 'Change password' }).click()
    await page.getByLabel('Current password').fill('not it, surely')
    await page.getByLabel('New password', { exact: true }).fill('another-good-one-2')
    await page.getByLabel('New password again').fill('another-good-one-2')
    const form = page.getByRole('region', { name: 'Change password' })
    await form.getByRole('button', { name: 'Change password' }).click()
    await form.locator('[role=alert], .text-danger').first().waitFor()
    await page.getByLabel('Current password').fill(PASSWORD)
    await form.getByRole('button', { name: 'Change password' }).click()
    await page.getByText('Password changed').waitFor()

    await page.getByRole('button', { name: 'Account: An Admin' }).click()
    await page.getByRole('menuitem', { name: 'Log out' }).click()
    await page.waitForURL('**/login*')
    await accessible(page, 'log-in')
    await fillLogIn(page, 'an@example.com', PASSWORD)
    await page.getByText('The name or the password is wrong.').waitFor()
    await fillLogIn(page, 'an@example.com', 'another-good-one-2')
    await page.waitForURL('**/inbox*')

    // The session outlives a reload: the token is in memory alone, the cookie brings a new one.
    await page.reload()
    await page.getByRole('heading', { name: 'Inbox' }).waitFor()
    await page.goto(desk.setupLink)
    await page.getByLabel('Name').fill('Eve')
    await page.getByLabel('E-mail').fill('eve@example.com')
    await page.getByLabel('New password', { exact: true }).fill(PASSWORD)
    await page.getByLabel('New password again').fill(PASSWORD)
    await page.getByRole('button', { name: 'Create the account' }).click()
    await page.getByRole('alert').waitFor()
    await done()
  } finally {
    await desk.stop()
  }
})

test('a link to a ticket survives the log-in, and leads nowhere else', async () => {
  const desk = await startDesk({ people: [{ username: 'lan', name: 'Lan', role: 'agent', departments: ['ky-thuat'] }] })
  try {
    const { page, done } = await open(browser)
    await page.goto(`${desk.url}/inbox?tab=all`)
    await fillLogIn(page, 'lan', PASSWORD)
    await page.waitForURL('**/inbox?tab=all')
    await page.getByRole('button', { name: 'Account: Lan' }).click()
    await page.getByRole('menuitem', { name: 'Log out' }).click()
    await page.waitForURL('**/login*')
    await page.goto(`${desk.url}/login?next=//evil.example/`)
    await fillLogIn(page, 'lan', PASSWORD)
    await page.waitForURL(`${desk.url}/inbox`)
    await done()
  } finally {
    await desk.stop()
  }
})

test('a new user chooses the password with the one-time link', async () => {
  const desk = await startDesk({ people: [{ username: 'admin', name: 'Ada', role: 'admin' }] })
  try {
    const { page, done } = await open(browser)
    await logIn(page, desk, 'admin', PASSWORD)
    await page.getByRole('link', { name: 'Users' }).first().click()
    await page.getByRole('button', { name: 'Add user' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('Name').fill('Mai Hoàng')
    await dialog.getByLabel('E-mail').fill('mai@example.com')
    await dialog.getByRole('checkbox', { name: 'Kỹ thuật' }).check()
    await dialog.getByRole('button', { name: 'Create user' }).click()
    const link = new URL(await page.getByLabel('One-time link').inputValue())
    await accessible(page, 'one-time link')
    await page.getByRole('dialog').getByRole('button', { name: 'Close' }).last().click()
    await page.getByRole('row', { name: /Mai Hoàng/ }).waitFor()

    const mai = await open(browser)
    await mai.page.goto(desk.url + link.pathname + link.search)
    await mai.page.getByLabel('New password', { exact: true }).fill(PASSWORD)
    await mai.page.getByLabel('New password again').fill(PASSWORD)
    await mai.page.getByRole('button', { name: 'Save the password' }).click()
    await mai.page.getByRole('link', { name: 'Log in' }).click()
    await fillLogIn(mai.page, 'mai@example.com', PASSWORD)
    await mai.page.waitForURL('**/inbox*')
    // An agent: what the role may not see is absent, and its address leads home.
    assert.equal(await mai.page.getByRole('link', { name: 'Users' }).count(), 0)
    assert.equal(await mai.page.getByRole('link', { name: 'Connections' }).count(), 0)
    await mai.page.goto(`${desk.url}/users`)
    await mai.page.waitForURL('**/inbox*')
    // The link is spent.
    await mai.page.goto(desk.url + link.pathname + link.search)
    await mai.page.getByLabel('New password', { exact: true }).fill(PASSWORD)
    await mai.page.getByLabel('New password again').fill(PASSWORD)
    await mai.page.getByRole('button', { name: 'Save the password' }).click()
    await mai.page.getByRole('alert').waitFor()
    await mai.done()
    await done()
  } finally {
    await desk.stop()
  }
})
