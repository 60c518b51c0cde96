// A real desk for a browser test: the built binary on a folder of its own, with people, a preset and a key.
// It talks to the program only as an operator and an integrator would: command line and HTTP.
import { spawn, execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '../..')
const targets = [process.env.CARGO_TARGET_DIR, join(root, 'target')].filter(Boolean)
const binary = process.env.FRONTDESK_BINARY ?? targets.flatMap(t => ['debug', 'release'].map(p => join(t, p, 'frontdesk'))).find(existsSync)
export const PASSWORD = 'correct-horse-battery'

/**
 * Starts a desk. `people`: [{ username, name, role, departments?, status? }]; everybody's password is PASSWORD.
 * `seed`: that many conversations beforehand. Without people, `setupLink` is what the program printed.
 */
export async function startDesk({ people = [], preset = 'retail', seed = 0, env = {} } = {}) {
  if (!binary) throw new Error('build it first: cargo build -p frontdesk')
  const data = mkdtempSync(join(tmpdir(), 'frontdesk-browser-'))
  const environment = { ...process.env, FRONTDESK_LIMITS__RATE: 'off', FRONTDESK_LOG__LEVEL: 'warn', ...env }
  const run = (args, input) => execFileSync(binary, ['--data', data, ...args], { input, env: environment, encoding: 'utf8', stdio: ['pipe', 'pipe', 'inherit'] }).trim()
  if (preset) run(['preset', 'apply', preset])
  if (seed) run(['seed', '--tickets', String(seed), '--contacts', String(seed), '--messages', String(seed * 3), '--agents', '12'])
  for (const p of people) {
    const departments = (p.departments ?? []).flatMap(d => ['--department', d])
    run(['user', 'create', '--email', `${p.username}@example.com`, '--username', p.username, '--name', p.name, '--role', p.role, ...departments, '--password-stdin'], PASSWORD)
  }
  const key = run(['api-key', 'create', '--name', 'tests', '--scope', 'intake'])
  const child = spawn(binary, ['--data', data, 'serve', '--listen', '127.0.0.1:0'], { env: environment, stdio: ['ignore', 'ignore', 'pipe'] })
  const said = []
  const url = await new Promise((resolve, reject) => {
    createInterface({ input: child.stderr }).on('line', line => {
      said.push(line)
      const at = line.match(/listening on (http:\/\/\S+)/)
      if (at) resolve(at[1])
    })
    child.on('exit', code => reject(new Error(`the desk ended (${code}):\n${said.join('\n')}`)))
  })
  const setupToken = said.join('\n').match(/setup\?token=(\S+)/)?.[1]
  const api = `${url}/api/v1`
  const json = async r => { if (!r.ok) throw new Error(`${r.url}: ${r.status} ${await r.text()}`); return r.status === 204 ? null : r.json() }
  const as = async username => {
    const session = await fetch(`${api}/auth/login`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ username, password: PASSWORD }) }).then(json)
    const call = (method, path, body) => fetch(api + path, { method, headers: { authorization: `Bearer ${session.access_token}`, ...(body ? { 'content-type': 'application/json' } : {}) }, body: body && JSON.stringify(body) }).then(json)
    return { me: session.user, get: p => call('GET', p), post: (p, b) => call('POST', p, b ?? {}), put: (p, b) => call('PUT', p, b ?? {}), patch: (p, b) => call('PATCH', p, b ?? {}), delete: p => call('DELETE', p) }
  }
  for (const p of people.filter(p => p.status)) {
    const them = await as(p.username)
    await them.put(`/users/${them.me.id}/status`, { status: p.status })
  }
  return {
    url, said, data, as,
    /** The address may be another one than the program can know when the port is chosen for it. */
    setupLink: setupToken && `${url}/setup?token=${setupToken}`,
    /** A customer writes in. */
    write: (sender, content, more = {}) => fetch(`${api}/webhook`, { method: 'POST', headers: { 'x-api-key': key, 'content-type': 'application/json' }, body: JSON.stringify({ platform: 'website', sender, sender_name: sender, content, ...more }) }).then(json),
    stop: async () => {
      const gone = new Promise(resolve => child.on('exit', resolve))
      child.removeAllListeners('exit'); child.on('exit', () => {})
      const ended = new Promise(resolve => child.once('exit', resolve))
      child.kill('SIGTERM')
      await Promise.race([ended, gone])
      rmSync(data, { recursive: true, force: true })
    },
  }
}
