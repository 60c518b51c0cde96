/**
 * What the pages believe about the API against the server's own document (`frontdesk openapi`): every type of
 * `types.ts` that has a schema, and every request that `lib/api` makes. Fails as soon as the two disagree.
 */
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import ts from 'typescript'
import { describe, expect, it } from 'vitest'

type Schema = {
  $ref?: string
  type?: string | string[]
  enum?: unknown[]
  const?: unknown
  properties?: Record<string, Schema>
  required?: string[]
  items?: Schema
  oneOf?: Schema[]
  anyOf?: Schema[]
  allOf?: Schema[]
  additionalProperties?: unknown
}
type Operation = { parameters?: { name: string; in: string }[]; requestBody?: { content: Record<string, { schema: Schema }> }; responses: Record<string, { content?: Record<string, { schema: Schema }> }> }
type Document = { paths: Record<string, Record<string, Operation>>; components: { schemas: Record<string, Schema> } }

const document = JSON.parse(readFileSync('../crates/frontdesk/openapi.json', 'utf8')) as Document
const schemas = document.components.schemas

const files = ['types', 'tickets', 'auth', 'staff', 'routing', 'admin'].map(name => resolve(`src/lib/api/${name}.ts`))
const program = ts.createProgram(files, {
  strict: true, noEmit: true, skipLibCheck: true, target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext,
  moduleResolution: ts.ModuleResolutionKind.Bundler, paths: { '@/*': [resolve('src/*')] }, types: [], jsx: ts.JsxEmit.ReactJSX,
})
const checker = program.getTypeChecker()

const nameOf = (ref: string) => ref.split('/').at(-1) ?? ref
/** Follows references and lays `allOf` flat; what may be null loses that. */
function plain(schema: Schema): Schema {
  if (schema.$ref) return plain(schemas[nameOf(schema.$ref)] ?? {})
  const parts = (schema.oneOf ?? schema.anyOf)?.filter(part => part.type !== 'null')
  if (parts?.length === 1 && parts[0]) return plain(parts[0])
  if (parts && parts.length > 1 && parts.every(part => part.const !== undefined || part.enum)) {
    return { enum: parts.flatMap(part => part.enum ?? [part.const]) }
  }
  if (!schema.allOf) return schema
  const flat = schema.allOf.map(plain)
  return {
    type: 'object',
    properties: Object.assign({}, schema.properties, ...flat.map(part => part.properties ?? {})) as Record<string, Schema>,
    required: [...(schema.required ?? []), ...flat.flatMap(part => part.required ?? [])],
  }
}

const isNothing = (type: ts.Type) => (type.flags & (ts.TypeFlags.Null | ts.TypeFlags.Undefined)) !== 0
const bare = (type: ts.Type) => checker.getNonNullableType(type)
const literals = (type: ts.Type): string[] => {
  const parts = (type.isUnion() ? type.types : [type]).filter(part => !isNothing(part))
  return parts.every(part => part.isStringLiteral()) ? parts.map(part => String((part as ts.StringLiteralType).value)).sort() : []
}
const itemOf = (type: ts.Type): ts.Type | null => (checker.isArrayType(type) ? (checker.getTypeArguments(type as ts.TypeReference)[0] ?? null) : null)

const kinds = (schema: Schema): string[] => (Array.isArray(schema.type) ? schema.type : schema.type ? [schema.type] : []).filter(kind => kind !== 'null')
const mayBeNull = (schema: Schema): boolean =>
  (Array.isArray(schema.type) && schema.type.includes('null')) || (schema.oneOf ?? schema.anyOf ?? []).some(part => part.type === 'null')

/** Differences between a type of ours and a schema of theirs, in words. */
function differences(ours: ts.Type, theirs: Schema, direction: 'answer' | 'body', at: string, seen = new Set<ts.Type>()): string[] {
  const schema = plain(theirs)
  const type = bare(ours)
  if (type.flags & (ts.TypeFlags.Unknown | ts.TypeFlags.Any)) return []
  if (schema.enum) {
    const [mine, told] = [literals(type), schema.enum.map(String).sort()]
    if (mine.length === 0) return type.flags & ts.TypeFlags.String ? [] : [`${at}: the server says one of ${told.join(', ')}`]
    const unknown = (direction === 'answer' ? told : mine).filter(value => !(direction === 'answer' ? mine : told).includes(value))
    return unknown.length > 0 ? [`${at}: ${direction === 'answer' ? 'the page does not know' : 'the server does not know'} ${unknown.join(', ')}`] : []
  }
  const item = itemOf(type)
  if (item) return schema.items ? differences(item, schema.items, direction, `${at}[]`, seen) : kinds(schema).length ? [`${at}: no list there`] : []
  const properties = checker.getPropertiesOfType(type)
  if (type.flags & (ts.TypeFlags.Object | ts.TypeFlags.Intersection) && properties.length > 0 && !schema.items) {
    if (seen.has(type) || !schema.properties) return schema.properties || kinds(schema)[0] === 'object' || kinds(schema).length === 0 ? [] : [`${at}: no object there`]
    const names = new Set(properties.map(property => property.name))
    const below = properties.flatMap(property => {
      const field = schema.properties?.[property.name]
      const here = `${at}.${property.name}`
      if (!field) return [`${here}: the server knows no such field`]
      const held = checker.getTypeOfSymbol(property)
      const heldNull = held.isUnion() && held.types.some(isNothing)
      const lies = direction === 'answer' && mayBeNull(field) && !heldNull && !(held.flags & (ts.TypeFlags.Unknown | ts.TypeFlags.Any))
      return [...(lies ? [`${here}: may be null`] : []), ...differences(held, field, direction, here, new Set(seen).add(type))]
    })
    const missing = direction === 'body' ? (schema.required ?? []).filter(name => !names.has(name)).map(name => `${at}: the server wants ${name}`) : []
    return [...below, ...missing]
  }
  const wanted = kinds(schema)
  if (wanted.length === 0) return []
  const flags: [ts.TypeFlags, string[]][] = [
    [ts.TypeFlags.StringLike, ['string']],
    [ts.TypeFlags.NumberLike, ['integer', 'number']],
    [ts.TypeFlags.BooleanLike, ['boolean']],
  ]
  const parts = type.isUnion() ? type.types : [type]
  const fits = parts.every(part => part.flags & ts.TypeFlags.Object || flags.some(([flag, names]) => part.flags & flag && names.some(name => wanted.includes(name))))
  return fits ? [] : [`${at}: ${checker.typeToString(type)} against ${wanted.join('|')}`]
}

type Request = { name: string; method: string; path: string; answer: ts.Type; body: ts.Type | null; query: string[] }

/** Every `request<T>('METHOD', path, { query, body })` of a file. */
function requestsIn(file: string): Request[] {
  const found: Request[] = []
  const source = program.getSourceFile(file)
  if (!source) return found
  const visit = (node: ts.Node): void => {
    if (ts.isCallExpression(node) && node.expression.getText() === 'request' && node.typeArguments?.[0]) {
      const [method, path, options] = node.arguments
      const text = path && ts.isTemplateExpression(path)
        ? path.head.text + path.templateSpans.map(span => `{}${span.literal.text}`).join('')
        : path && ts.isStringLiteralLike(path) ? path.text : '?'
      const given = options ? checker.getTypeAtLocation(options) : null
      const member = (name: string) => {
        const symbol = given && (given.isUnion() ? given.types.map(part => part.getProperty(name)).find(Boolean) : given.getProperty(name))
        return symbol ? checker.getTypeOfSymbolAtLocation(symbol, node) : null
      }
      const query = member('query')
      found.push({
        name: `${(method as ts.StringLiteral).text} ${text}`,
        method: (method as ts.StringLiteral).text.toLowerCase(),
        path: text,
        answer: checker.getTypeFromTypeNode(node.typeArguments[0]),
        body: member('body'),
        query: query ? checker.getPropertiesOfType(bare(query)).map(property => property.name) : [],
      })
    }
    ts.forEachChild(node, visit)
  }
  visit(source)
  return found
}

const requests = files.flatMap(requestsIn)
const operationOf = ({ method, path }: Request): Operation | undefined => {
  const match = Object.keys(document.paths).find(known => known.replace(/\{[^}]+\}/g, '{}') === path)
  return match === undefined ? undefined : document.paths[match]?.[method]
}
const jsonOf = (content: Record<string, { schema: Schema }> | undefined): Schema | undefined => content?.['application/json']?.schema

describe('the server', () => {
  it('is asked for something', () => expect(requests.length).toBeGreaterThan(40))

  it.each(requests.map(one => [one.name, one] as const))('knows %s', (_name, one) => {
    const operation = operationOf(one)
    expect(operation, 'the document has no such operation').toBeDefined()
    if (!operation) return
    const known = (operation.parameters ?? []).filter(parameter => parameter.in === 'query').map(parameter => parameter.name)
    const answers = Object.entries(operation.responses).filter(([code]) => code.startsWith('2')).map(([, answer]) => jsonOf(answer.content))
    const wanted = jsonOf(operation.requestBody?.content)
    expect([
      ...one.query.filter(name => !known.includes(name)).map(name => `?${name}: no such parameter`),
      ...answers.flatMap(answer => (answer ? differences(one.answer, answer, 'answer', 'answer') : [])),
      ...(one.body && wanted ? differences(one.body, wanted, 'body', 'body') : []),
      ...(one.body && !wanted ? ['the server reads no body'] : []),
    ]).toEqual([])
  })
})
