import type { CatalogueEntry } from '../catalogue/catalogue.ts'
import { starsIn } from '../catalogue/path-pattern.ts'
import { boundedText } from '../redaction/bounded-text.ts'
import { looksSecret } from '../redaction/known-tokens.ts'

type ModelStore = NonNullable<CatalogueEntry['models']>[number]

const MAX_NAME = 256
const MAX_ARGUMENTS = 256
/** `org/name`, `name:tag`; a value that reads otherwise is no name of a model and stays on the device. */
const NAME = /^[A-Za-z0-9][A-Za-z0-9._:@+-]*(\/[A-Za-z0-9][A-Za-z0-9._:@+-]*){0,3}$/
const MODEL_FILE = /\.(gguf|ggml|bin|safetensors|llamafile|pt|onnx)$/i
/** Files that are called so hold weights and nothing else. */
const MODEL_WEIGHTS = /\.(gguf|ggml|safetensors|llamafile)$/i
/** A blob of Ollama's store is called by its sum. */
const SUM = /^sha256[-:]/
/** Where Ollama fetches from, and the namespace there, unless told otherwise. */
const USUAL = { registry: 'registry.ollama.ai', namespace: 'library' }

/** What the file of weights at this path is, where a store says so. */
export type ModelAt = (path: string) => string | undefined

/** The models that a command line names: of files the last part of the path, of others their name. Nothing else of it. */
export function modelsIn(
  entry: Pick<CatalogueEntry, 'modelArguments'>,
  args: readonly string[],
  modelAt: ModelAt = () => undefined,
): string[] {
  const looked = args.slice(0, MAX_ARGUMENTS)
  const names = (entry.modelArguments ?? []).flatMap(({ flag }) => valuesOf(looked, flag))
  return [...new Set(names.flatMap((value) => modelAt(value) ?? nameIn(value) ?? []))]
}

function valuesOf(args: readonly string[], flag: string): string[] {
  if (!flag.startsWith('-')) return args[0] === flag && args[1] !== undefined ? [args[1]] : []
  return args.flatMap((arg, at) => {
    if (arg.startsWith(`${flag}=`)) return [arg.slice(flag.length + 1)]
    const next = args[at + 1]
    return arg === flag && next !== undefined ? [next] : []
  })
}

/** Of the files that a program holds open, those that are models. */
export function modelsAmong(files: readonly string[], modelAt: ModelAt): string[] {
  const names = files.flatMap((path) => modelAt(path) ?? (MODEL_WEIGHTS.test(path) ? (nameIn(path) ?? []) : []))
  return [...new Set(names)]
}

function nameIn(value: string): string | undefined {
  const isPath = /^[./~]/.test(value) || MODEL_FILE.test(value)
  const name = (isPath ? value.slice(value.lastIndexOf('/') + 1) : value).replace(/\.gguf$/i, '')
  if (name.length > MAX_NAME || !NAME.test(name) || SUM.test(name) || looksSecret(name)) return undefined
  return name
}

/** What the model at `path` is called, by the rule of its store. */
export function storedModelName({ path: pattern, naming }: ModelStore, home: string, path: string): string | undefined {
  const parts = starsIn(pattern, `~${path.slice(home.length)}`)
  if (parts === undefined) return undefined
  const name = namedBy(naming, parts)
  return name === '' || looksSecret(name) ? undefined : boundedText(name, MAX_NAME)
}

function namedBy(naming: ModelStore['naming'], parts: readonly string[]): string {
  switch (naming) {
    case 'plain':
      return parts.join('/')
    case 'tagged': {
      const [registry = '', namespace = '', model = '', tag = ''] = parts
      const from = registry === USUAL.registry ? [] : [registry]
      const of = registry === USUAL.registry && namespace === USUAL.namespace ? [] : [namespace]
      return `${[...from, ...of, model].join('/')}:${tag}`
    }
    case 'dashed':
      return (parts.at(-1) ?? '').replace('--', '/')
    default:
      return naming satisfies never
  }
}
