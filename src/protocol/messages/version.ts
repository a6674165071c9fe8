/** Version of the wire format. From the first release on, the vectors in `test/vectors/` change only with this number. */
export const PROTOCOL_VERSION = 1

/** WebSocket subprotocol. A peer that does not offer it is refused. */
export const SUBPROTOCOL = 'surety.v1'

/** Prefix of every binding (see `crypto/binding.ts`). */
export const BINDING_PREFIX = 'surety/v1/'

/** RFC 9266: the label of the TLS exporter that identifies a connection. Its context is empty. */
export const TLS_EXPORTER_LABEL = 'EXPORTER-Channel-Binding'
