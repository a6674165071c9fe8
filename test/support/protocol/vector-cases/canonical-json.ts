/** Vectors of canonical JSON: texts that are canonical, and texts that are refused. */
export interface CanonicalVectors {
  readonly description: string
  readonly vectors: readonly CanonicalVector[]
}

interface CanonicalVector {
  readonly name: string
  readonly text: string
  readonly accept?: true
  /** The code. */
  readonly refuse?: string
}

export function buildCanonicalVectors(): CanonicalVectors {
  const accepted = Object.entries(ACCEPTED).map(([name, text]) => ({ name, text, accept: true as const }))
  const refused = Object.entries(REFUSED).flatMap(([refuse, texts]) =>
    Object.entries(texts).map(([name, text]) => ({ name, text, refuse })),
  )
  return {
    description:
      'JSON texts with the limits of a frame: 10 levels, 256 members of an object. `accept`: canonical; `refuse`: the code.',
    vectors: [...accepted, ...refused],
  }
}

const nested = (levels: number) => '['.repeat(levels) + ']'.repeat(levels)
const members = (count: number) => `{${Array.from({ length: count }, (_, at) => `"m${at}":0`).join(',')}}`

const ACCEPTED: Readonly<Record<string, string>> = {
  'an empty object': '{}',
  'each kind of value': '{"a":[true,false,null,0,"",{}]}',
  zero: '0',
  'a negative number': '-1',
  'the largest whole number that is exact': '9007199254740991',
  'a whole number beyond that': '9007199254740992',
  'a number of 21 digits': '123456789012345680000',
  'a number of 22 digits': '1e+21',
  'a fraction': '0.1',
  'a fraction with five zeros': '0.000001',
  'a fraction with six zeros': '1e-7',
  'the shortest digits that read back': '0.30000000000000004',
  'the smallest number': '5e-324',
  'the largest number': '1.7976931348623157e+308',
  'members in an order that is not that of the alphabet': '{"b":1,"a":2}',
  'names that are whole numbers, in order': '{"2":0,"10":0,"a":0}',
  'a name with a leading zero after the number': '{"1":0,"01":0}',
  'the largest name that counts as a number': '{"4294967294":0,"4294967295":0}',
  'a larger one after a letter': '{"a":0,"4294967295":0}',
  'a negative name after a number': '{"0":0,"-1":0}',
  'names that differ in case': '{"a":0,"A":0}',
  'letters that are not ASCII': '"\u00e4\u20ac\u{1f600}"',
  'the short escapes': '"\\"\\\\\\b\\f\\n\\r\\t"',
  'other control characters': '"\\u0000\\u000b\\u001f"',
  'a character that may stand as it is': '"/<>&\u007f\u0080\u2028\u2029"',
  'half of a surrogate pair': '"\\ud800"',
  'as many levels as there may be': nested(10),
  'as many members as there may be': members(256),
  'an array of more': `[${'0,'.repeat(299)}0]`,
  'a name like the forbidden one': '{"__proto":0,"a__proto__":0}',
  'the forbidden name as a value': '{"a":"__proto__"}',
}

const REFUSED: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  INPUT_NOT_CANONICAL: {
    'a space': '{"a": 1}',
    'a space before it': ' {}',
    'a line feed behind it': '{}\n',
    'a member twice': '{"a":1,"a":1}',
    'a member twice, once with an escape': '{"a":1,"\\u0061":1}',
    'minus zero': '-0',
    'a fraction of nothing': '1.0',
    'an exponent that is not needed': '1e0',
    'an exponent in capitals': '1E+21',
    'an exponent without its sign': '1e21',
    'an exponent with a zero before it': '1e-07',
    'digits where an exponent belongs': '1000000000000000000000',
    'zeros where an exponent belongs': '0.0000001',
    'a zero at the end': '0.10',
    'more digits than are needed': '0.1000000000000000055511151231257827',
    'a whole number that is not exact': '9007199254740993',
    'a number too large': '1e400',
    'a number too small': '1e-400',
    'names that are whole numbers, as text': '{"10":0,"2":0}',
    'a number behind a letter': '{"a":0,"1":0}',
    'a number behind one with a leading zero': '{"01":0,"1":0}',
    'the largest number behind a letter': '{"a":0,"4294967294":0}',
    'a negative name before a number': '{"-1":0,"0":0}',
    'an escaped letter': '"\\u0061"',
    'an escaped letter that is not ASCII': '"\\u00e4"',
    'an escaped slash': '"\\/"',
    'a long escape where there is a short one': '"\\u000a"',
    'a hex digit in capitals': '"\\u001F"',
    'half of a surrogate pair in capitals': '"\\uD800"',
    'an escaped surrogate pair': '"\\ud83d\\ude00"',
    'an escaped line separator': '"\\u2028"',
    'an escaped delete': '"\\u007f"',
  },
  INPUT_MALFORMED: {
    nothing: '',
    'a byte order mark': '\ufeff{}',
    'two values': '{}{}',
    'a value that is cut short': '{"a":1',
    'a comma at the end': '[1,]',
    'a leading zero': '01',
    'a plus sign': '+1',
    'no digit before the point': '.5',
    'no digit behind the point': '1.',
    'a number that is none': 'NaN',
    'single quotes': "'a'",
    'a raw line feed in a text': '"\n"',
    'an unknown escape': '"\\x41"',
    'the forbidden name': '{"__proto__":0}',
    'the forbidden name, escaped': '{"\\u005f_proto__":0}',
    'the forbidden name inside': '[{"a":{"__proto__":0}}]',
    'the forbidden name in a text that is not canonical either': '{"a": 1,"__proto__":0}',
  },
  INPUT_TOO_DEEP: {
    'a level too many': nested(11),
    'a level too many, of objects': `${'{"a":'.repeat(10)}{}${'}'.repeat(10)}`,
    'a level too many in a text that is cut short': '['.repeat(11),
  },
  INPUT_TOO_LARGE: {
    'a member too many': members(257),
    'a member too many, inside, in a text that is cut short': `[${members(257)}`,
    'a member too many before a level too many': `[${members(257)},${nested(11)}]`,
  },
}
