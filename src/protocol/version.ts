/** The wire's version. From the first release on, vectors under `test/vectors/` change only together with this number. */
export const PROTOCOL_VERSION = 1

/** WebSocket subprotocol; a peer that does not offer it is refused. */
export const SUBPROTOCOL = 'surety.v1'

/** Prefix of every binding (see `crypto/binding.ts`). */
export const BINDING_PREFIX = 'surety/v1/'

/** RFC 9266: the label of the TLS exporter that names a connection, with no context. */
export const TLS_EXPORTER_LABEL = 'EXPORTER-Channel-Binding'
