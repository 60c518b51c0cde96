// What the document leaves wider than the server is. Each line is a property whose words the server fixes but the
// document does not list yet: once it does, the line says nothing more and goes (`npm run gen` tells).

const ROLES = ['admin', 'manager', 'agent']
const PRESENCE = ['available', 'busy', 'away', 'offline']
const ACTORS = ['customer', 'agent', 'bot', 'system']

/** `Schema.property` → its words. */
export const WORDS = {
  'Me.role': ROLES,
  'Me.status': PRESENCE,
  'Me.locale': ['en', 'vi'],
  'Me.theme': ['light', 'dark', 'system'],
  'User.role': ROLES,
  'User.status': PRESENCE,
  'UserInput.role': ROLES,
  'UserChange.role': ROLES,
  'Department.strategy': ['score', 'round_robin', 'capacity_based', 'manual'],
  'TicketRow.last_message_from': ACTORS,
  'Contact.kind': ['person', 'company'],
  'LikelyContact.kind': ['person', 'company'],
  'Message.content_type': ['text', 'event_log', 'attachment'],
  'Attachment.state': ['pending', 'stored', 'failed', 'link'],
  'Reaction.by': ['customer', 'agent'],
  'DeliveryState.state': ['queued', 'sent', 'delivered', 'read', 'failed'],
  'SpamActivity.flagged_by': ['bot', 'manual'],
}

/** `Schema.property` → its shape, where the document says only that it is an object. */
export const SHAPES = {
  'Message.data': { type: ['object', 'null'], required: ['kind'], properties: { kind: { type: 'string' } }, additionalProperties: true },
}

/** Fields that an answer leaves out. Every other one is always written, null where there is nothing. */
export const LEFT_OUT = ['Session.refresh_token']

const refsIn = (node, found = []) => {
  if (Array.isArray(node)) for (const item of node) refsIn(item, found)
  else if (node && typeof node === 'object') {
    if (typeof node.$ref === 'string') found.push(node.$ref.split('/').at(-1))
    for (const value of Object.values(node)) refsIn(value, found)
  }
  return found
}

/** Names of all schemas that can be reached from these parts of the document. */
function reach(parts, schemas) {
  const seen = new Set()
  const visit = name => {
    if (seen.has(name) || !schemas[name]) return
    seen.add(name)
    refsIn(schemas[name]).forEach(visit)
  }
  refsIn(parts).forEach(visit)
  return seen
}

/** Narrows the document in place; returns what is no longer true about the lists above. */
export function narrow(document) {
  const { schemas } = document.components
  const complaints = []
  const find = at => {
    const [name, field] = at.split('.')
    return layers(schemas[name]).map(layer => layer.properties?.[field]).find(Boolean)
  }
  for (const [at, shape] of Object.entries(SHAPES)) {
    const property = find(at)
    if (!property) complaints.push(`${at}: the document has no such property`)
    else if (property.properties || property.$ref || property.oneOf) complaints.push(`${at}: the document tells its shape by now`)
    else Object.assign(property, shape)
  }
  for (const [at, words] of Object.entries(WORDS)) {
    const property = find(at)
    if (!property) complaints.push(`${at}: the document has no such property`)
    else if (property.enum || property.$ref || property.oneOf) complaints.push(`${at}: the document lists its words by now`)
    else property.enum = [property.type].flat().includes('null') ? [...words, null] : words
  }
  const operations = Object.values(document.paths).flatMap(path => Object.values(path))
  const asked = reach(operations.map(one => one.requestBody), schemas)
  for (const name of reach(operations.map(one => one.responses), schemas)) {
    if (asked.has(name)) continue
    for (const layer of layers(schemas[name])) {
      const written = Object.keys(layer.properties ?? {}).filter(field => !LEFT_OUT.includes(`${name}.${field}`))
      layer.required = [...new Set([...(layer.required ?? []), ...written])]
      for (const field of written) alwaysThere(layer.properties[field])
    }
  }
  return complaints
}

/** The same for objects that are described in place. */
function alwaysThere(schema) {
  for (const inner of [schema, schema.items]) {
    if (!inner?.properties) continue
    inner.required = Object.keys(inner.properties)
    Object.values(inner.properties).forEach(alwaysThere)
  }
}

const layers = schema => (schema ? [schema, ...(schema.allOf ?? []).filter(part => !part.$ref)] : [])
