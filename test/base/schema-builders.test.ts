import fc from 'fast-check'
import * as TypeBox from 'typebox'
import { Type } from '../../src/base/schema.ts'

type Build = (type: typeof Type) => TypeBox.TSchema

const options = fc.constantFrom({}, { description: 'x' }, { maxLength: 3 })
const member = fc.constantFrom('a', 'b', 'type', '__proto__x')

/** One schema, built with the given builders. */
const anyBuild = fc.letrec<{ build: Build }>((tie) => ({
  build: fc.oneof(
    { maxDepth: 4 },
    options.map(
      (given): Build =>
        (type) =>
          type.String(given),
    ),
    options.map(
      (given): Build =>
        (type) =>
          type.Number(given),
    ),
    options.map(
      (given): Build =>
        (type) =>
          type.Integer(given),
    ),
    options.map(
      (given): Build =>
        (type) =>
          type.Boolean(given),
    ),
    options.map(
      (given): Build =>
        (type) =>
          type.Null(given),
    ),
    options.map(
      (given): Build =>
        (type) =>
          type.Unknown(given),
    ),
    fc.constantFrom<string | number | boolean>('a', 1, true).map(
      (value): Build =>
        (type) =>
          type.Literal(value),
    ),
    fc.constant<Build>((type) => type.Unsafe({ type: 'string', enum: ['a'] })),
    fc.tuple(tie('build'), options).map(
      ([items, given]): Build =>
        (type) =>
          type.Array(items(type), given),
    ),
    fc.array(tie('build'), { maxLength: 3 }).map(
      (each): Build =>
        (type) =>
          type.Union(each.map((one) => one(type))),
    ),
    fc.tuple(fc.constantFrom({}, { pattern: '^a+$' }), tie('build'), options).map(
      ([key, value, given]): Build =>
        (type) =>
          type.Record(type.String(key), value(type), given),
    ),
    fc.tuple(fc.array(fc.tuple(member, tie('build'), fc.boolean())), options).map(
      ([members, given]): Build =>
        (type) => {
          const made = members.map(([name, one, required]) => [name, required ? one(type) : type.Optional(one(type))])
          return type.Object(Object.fromEntries(made), given)
        },
    ),
  ),
})).build

test('writes schemas like the library', () => {
  fc.assert(
    fc.property(anyBuild, (build) => {
      expect(JSON.stringify(build(Type))).toBe(JSON.stringify(build(TypeBox as unknown as typeof Type)))
    }),
  )
})

test('marks a schema as optional only where it is wrapped', () => {
  const name = Type.String()
  const both = Type.Object({ a: name, b: Type.Optional(name) })
  expect(both).toEqual({
    type: 'object',
    required: ['a'],
    properties: { a: { type: 'string' }, b: { type: 'string' } },
  })
})

test('throws for a record whose keys are no strings', () => {
  expect(() => Type.Record(Type.Integer(), Type.String())).toThrow(TypeError)
})
