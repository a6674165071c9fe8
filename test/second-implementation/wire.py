"""TLS 1.3 with a pinned CA, its exporter (RFC 9266), and as much of WebSocket (RFC 6455) as the protocol needs."""

import base64
import hashlib
import hmac
import os
import socket
import ssl
import struct
import tempfile
from urllib.parse import urlsplit

from cryptography import x509

from signed import sha256, spki_of

LABEL = b'EXPORTER-Channel-Binding'
TIMEOUT_S = 30


def address_of(url):
    parts = urlsplit(url)
    return parts.hostname, parts.port or 443


def fetch_ca(url, pin):
    """The CA certificate that the server presents and whose key has the pinned hash, as PEM."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    host, port = address_of(url)
    tcp = socket.create_connection((host, port), TIMEOUT_S)
    with context.wrap_socket(tcp, server_hostname=host) as tls:
        chain = [x509.load_der_x509_certificate(der) for der in tls.get_unverified_chain()]
    for certificate in chain:
        constraints = certificate.extensions.get_extension_for_class(x509.BasicConstraints).value
        if constraints.ca and sha256(spki_of(certificate.public_key())) == pin:
            return ssl.DER_cert_to_PEM_cert(certificate.public_bytes(x509.base.serialization.Encoding.DER))
    raise ConnectionError('PIN_MISMATCH')


class Connection:
    """One WebSocket. `received` frames are text; the close code is in `closed` once it has ended."""

    def __init__(self, url, ca_pem, subprotocol='surety.v1', path='/', headers=''):
        context = ssl.create_default_context(cadata=ca_pem)
        context.minimum_version = ssl.TLSVersion.TLSv1_3
        host, port = address_of(url)
        with tempfile.NamedTemporaryFile() as key_log:
            context.keylog_filename = key_log.name
            tcp = socket.create_connection((host, port), TIMEOUT_S)
            self.tls = context.wrap_socket(tcp, server_hostname=host)
            lines = key_log.read().decode('ascii').splitlines()
        secret = next(bytes.fromhex(line.split()[2]) for line in lines if line.startswith('EXPORTER_SECRET '))
        self.exporter = _exporter(secret, 'sha384' if self.tls.cipher()[0].endswith('SHA384') else 'sha256')
        self.buffer = b''
        self.closed = None
        self.status = self._upgrade(host, port, subprotocol, path, headers)

    def _upgrade(self, host, port, subprotocol, path, headers):
        key = base64.b64encode(os.urandom(16)).decode('ascii')
        offered = f'Sec-WebSocket-Protocol: {subprotocol}\r\n' if subprotocol else ''
        self.tls.sendall(
            f'GET {path} HTTP/1.1\r\nHost: {host}:{port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n'
            f'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n{offered}{headers}\r\n'.encode('ascii')
        )
        while b'\r\n\r\n' not in self.buffer:
            more = self.tls.recv(65536)
            if not more:
                break
            self.buffer += more
        head, _, self.buffer = self.buffer.partition(b'\r\n\r\n')
        self.answer = head.decode('latin-1')
        return int(self.answer.split(' ')[1])

    def send(self, text, opcode=1):
        data = text if isinstance(text, bytes) else text.encode('utf-8')
        mask = os.urandom(4)
        size = len(data)
        if size < 126:
            head = struct.pack('!BB', 0x80 | opcode, 0x80 | size)
        elif size < 65536:
            head = struct.pack('!BBH', 0x80 | opcode, 0x80 | 126, size)
        else:
            head = struct.pack('!BBQ', 0x80 | opcode, 0x80 | 127, size)
        pad = (mask * (size // 4 + 1))[:size]
        masked = (int.from_bytes(data, 'big') ^ int.from_bytes(pad, 'big')).to_bytes(size, 'big')
        try:
            self.tls.sendall(head + mask + masked)
        except OSError:
            pass  # what the directory said before it hung up is still to be read

    def receive(self):
        """The next text frame; None once the connection has ended."""
        message = b''
        while self.closed is None:
            head = self._take(2)
            if head is None:
                self.closed = 1006
                return None
            size = head[1] & 127
            if size > 125:
                size = int.from_bytes(self._take(2 if size == 126 else 8), 'big')
            data = self._take(size)
            opcode = head[0] & 15
            if opcode == 8:
                self.closed = int.from_bytes(data[:2], 'big')
                self.reason = data[2:].decode('utf-8')
                self.send(data[:2], opcode=8)
            elif opcode == 9:
                self.send(data, opcode=10)
            elif opcode in (0, 1):
                message += data
                if head[0] & 0x80:
                    return message.decode('utf-8')
        return None

    def close(self):
        self.send(struct.pack('!H', 1000), opcode=8)
        self.tls.close()

    def _take(self, size):
        while len(self.buffer) < size:
            try:
                more = self.tls.recv(65536)
            except OSError:
                return None
            if not more:
                return None
            self.buffer += more
        taken, self.buffer = self.buffer[:size], self.buffer[size:]
        return taken


def _exporter(secret, name):
    """RFC 8446 section 7.5, with no context."""
    empty = hashlib.new(name).digest()
    derived = _expand_label(secret, LABEL, empty, len(empty), name)
    return _expand_label(derived, b'exporter', empty, 32, name)


def _expand_label(secret, label, context, size, name):
    """HKDF-Expand-Label of RFC 8446 section 7.1; one block is enough here."""
    full = b'tls13 ' + label
    info = struct.pack('!HB', size, len(full)) + full + struct.pack('!B', len(context)) + context
    return hmac.new(secret, info + b'\x01', name).digest()[:size]
