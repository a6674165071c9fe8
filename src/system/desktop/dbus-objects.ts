import { type DbusValue, type Variant, variant } from './dbus-values.ts'

/** Objects that we offer on the bus. */

export interface DbusMethod {
  readonly in: string
  readonly out: string
  readonly call: (args: readonly DbusValue[]) => readonly DbusValue[]
}

export interface DbusInterface {
  readonly name: string
  readonly properties: Readonly<Record<string, { readonly signature: string; readonly value: () => DbusValue }>>
  readonly methods: Readonly<Record<string, DbusMethod>>
  readonly signals: Readonly<Record<string, string>>
}

/** By path. */
export type DbusObjects = ReadonlyMap<string, DbusInterface>

export interface Answer {
  readonly signature: string
  readonly body: readonly DbusValue[]
}

export interface Refusal {
  readonly errorName: string
  readonly message: string
}

interface Question {
  readonly path: string
  readonly interface: string | undefined
  readonly member: string
  readonly signature: string
  readonly body: readonly DbusValue[]
}

const PROPERTIES = 'org.freedesktop.DBus.Properties'
const INTROSPECTABLE = 'org.freedesktop.DBus.Introspectable'
const PEER = 'org.freedesktop.DBus.Peer'
const ERROR = 'org.freedesktop.DBus.Error.'

/** The answer of `objects` to a call. */
export function answerCall(objects: DbusObjects, question: Question): Answer | Refusal {
  const object = objects.get(question.path)
  if (question.interface === INTROSPECTABLE && question.member === 'Introspect') {
    return { signature: 's', body: [introspection(objects, question.path)] }
  }
  if (question.interface === PEER && question.member === 'Ping') return { signature: '', body: [] }
  if (object === undefined) return refusal('UnknownObject', `no object at ${question.path}`)
  if (question.interface === PROPERTIES) return answerProperties(object, question)
  const isOurs = question.interface === undefined || question.interface === object.name
  const method = isOurs && Object.hasOwn(object.methods, question.member) ? object.methods[question.member] : undefined
  if (method === undefined) return refusal('UnknownMethod', `no method ${question.member}`)
  if (question.signature !== method.in) return refusal('InvalidArgs', `${question.member} takes ${method.in}`)
  return { signature: method.out, body: method.call(question.body) }
}

function answerProperties(object: DbusInterface, { member, body, signature }: Question): Answer | Refusal {
  const [wanted, name] = body
  if (wanted !== object.name) return refusal('UnknownInterface', `no interface ${String(wanted)}`)
  if (member === 'GetAll' && signature === 's') {
    return {
      signature: 'a{sv}',
      body: [Object.keys(object.properties).map((key) => [key, propertyOf(object, key) ?? ''])],
    }
  }
  if (member !== 'Get' || signature !== 'ss') return refusal('PropertyReadOnly', 'properties can only be read')
  const value = propertyOf(object, String(name))
  return value === undefined
    ? refusal('UnknownProperty', `no property ${String(name)}`)
    : { signature: 'v', body: [value] }
}

function propertyOf({ properties }: DbusInterface, name: string): Variant | undefined {
  const property = Object.hasOwn(properties, name) ? properties[name] : undefined
  return property && variant(property.signature, property.value())
}

function refusal(name: string, message: string): Refusal {
  return { errorName: `${ERROR}${name}`, message }
}

/** Some panels ask for it before they call anything. */
function introspection(objects: DbusObjects, path: string): string {
  const object = objects.get(path)
  const prefix = path === '/' ? '/' : `${path}/`
  const below = [...objects.keys()]
    .filter((one) => one !== path && one.startsWith(prefix))
    .map((one) => one.slice(prefix.length).split('/')[0] ?? '')
  const nodes = [...new Set(below)].map((name) => `<node name="${name}"/>`)
  return `<node>${object === undefined ? '' : interfaceXml(object)}${nodes.join('')}</node>`
}

function interfaceXml({ name, properties, methods, signals }: DbusInterface): string {
  const argument = (type: string, direction: string) => `<arg type="${type}"${direction}/>`
  const split = (signature: string, direction = '') => completeTypes(signature).map((type) => argument(type, direction))
  return [
    `<interface name="${name}">`,
    ...Object.entries(properties).map(
      ([key, { signature }]) => `<property name="${key}" type="${signature}" access="read"/>`,
    ),
    ...Object.entries(methods).map(
      ([key, { in: given, out }]) =>
        `<method name="${key}">${[...split(given, ' direction="in"'), ...split(out, ' direction="out"')].join('')}</method>`,
    ),
    ...Object.entries(signals).map(([key, signature]) => `<signal name="${key}">${split(signature).join('')}</signal>`),
    '</interface>',
  ].join('')
}

/** `ia{sv}` is `i` and `a{sv}`. */
function completeTypes(signature: string): readonly string[] {
  return signature.match(/a*(?:[ybnqiuxtdsogv]|\((?:[^()]|\([^()]*\))*\)|\{[^{}]*\})/g) ?? []
}
