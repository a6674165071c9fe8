/** Variables that send agents to another model endpoint than their maker's; of these the name is told. */
export const ENDPOINT_VARIABLES = [
  'ANTHROPIC_BASE_URL',
  'OPENAI_BASE_URL',
  'OPENAI_API_BASE',
  'GOOGLE_GEMINI_BASE_URL',
  'COPILOT_PROVIDER_BASE_URL',
]

/** Of Ollama, LM Studio, llama.cpp, vLLM, Jan, LiteLLM, claude-code-router, and Docker's model runner. */
export const MODEL_PORTS: ReadonlySet<number> = new Set([11434, 1234, 8080, 8000, 1337, 4000, 3456, 12434])
