// Generates the API's types from the checked-in OpenAPI document, once there is one.
import { existsSync, mkdirSync } from 'node:fs'
import { spawnSync } from 'node:child_process'

const document = '../crates/frontdesk/openapi.json'
if (!existsSync(document)) {
  console.log(`${document} is not there yet: the types in src/lib/api/types.ts are in use`)
  process.exit(0)
}
mkdirSync('.gen', { recursive: true })
const run = spawnSync('node_modules/.bin/openapi-typescript', [document, '-o', '.gen/schema.d.ts'], { stdio: 'inherit' })
process.exit(run.status ?? 1)
