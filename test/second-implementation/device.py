"""A device with a software key: what docs/protocol.md calls "the order of things"."""

import json
import time

import canonical_json
import signed
from canonical_json import Refused
from json_schema import Schema
from signed import ZEROS, from_base64url, hash_of, sha256, spki_of, to_base64url
from wire import Connection, fetch_ca

PREFIX = 'surety-enrol-v1.'
NO_HASH = to_base64url(ZEROS)
TIERS = ['tpm-attested', 'enclave-attested', 'tpm', 'enclave', 'token', 'platform', 'software', 'simulated']
_schemas = {}
SELECTOR_BYTES = 16 * 1024


def fitting(name, value):
    """The value, once it fits docs/schemas/NAME.json."""
    _schemas.setdefault(name, Schema(name))
    fault = _schemas[name].fault(value)
    if fault is not None:
        raise Refused('FRAME_MALFORMED', f'{name}{fault}')
    if name == 'order' and not _has_fitting_stop(value):
        raise Refused('FRAME_MALFORMED', 'the stop of an order that does not fit its kind')
    if name == 'order' and not _has_fitting_approval(value):
        raise Refused('FRAME_MALFORMED', 'the approval of an order that does not fit its kind')
    return value


def _json(value):
    return json.dumps(value, ensure_ascii=False, separators=(',', ':')).encode()


def _has_fitting_stop(order):
    stop = order.get('stop')
    if order['kind'] in ('freeze', 'retire'):
        return stop is not None and 'selector' in stop and len(_json(stop['selector'])) <= SELECTOR_BYTES
    if order['kind'] == 'release':
        return stop is not None and 'selector' not in stop and 'until' not in stop
    return stop is None


def _has_fitting_approval(order):
    approval = order.get('approval')
    if order['kind'] != 'approval':
        return approval is None
    if approval is None:
        return False
    scope = approval.get('scope')
    return (approval['outcome'] == 'approved') == (scope is not None) and (scope == 'session') == ('until' in approval)


def now_ms():
    return int(time.time() * 1000)


class RefusedByDirectory(Exception):
    def __init__(self, refusal):
        super().__init__(f'{refusal["code"]}: {refusal["message"]}')
        self.code = refusal['code']
        self.message = refusal['message']
        self.refusal = refusal


class Ended(Exception):
    """The connection ended without a refusal; `code` is the close code."""

    def __init__(self, code):
        super().__init__(f'closed {code}')
        self.code = f'closed {code}'
        self.message = ''


def read_enrolment(text):
    json = from_base64url(text.strip().removeprefix(PREFIX)).decode('utf-8')
    return fitting('enrolment', canonical_json.read(json))


class Device:
    def __init__(self, enrolment_string, key=None, label=None):
        self.enrolment = read_enrolment(enrolment_string)
        self.url = self.enrolment['url']
        self.ca_pin = from_base64url(self.enrolment['ca'])
        self.ca = fetch_ca(self.url, self.ca_pin)
        self.key = key or signed.new_key()
        self.label = label or {'hostname': 'second', 'platform': 'linux', 'arch': 'x64'}
        self.device, self.epoch, self.tier = None, 0, None
        self.sequence, self.head, self.posture = 0, NO_HASH, NO_HASH
        self.batches, self.receipt, self.last_order, self.results, self.decisions = {}, None, 0, [], {}

    # The handshake.

    def hello(self, **changes):
        who = {'device': self.device}
        if self.device is None:
            who = {'token': {'id': self.enrolment['token'], 'secret': self.enrolment['secret']}}
        hello = {'type': 'hello', 'protocol': 1, **who}
        hello |= {'epoch': self.epoch, 'sequence': self.sequence, 'head': self.head}
        hello |= {'order': self.last_order, 'clock': now_ms()} | ({'receipt': self.receipt} if self.receipt else {})
        return without_none(fitting('hello', hello) | changes)

    def connect(self):
        """Up to the welcome. The same connection then goes on as the session."""
        self.dial()
        self.connection.send(canonical_json.write(self.hello()))
        self.connection.send(self.sign('attestation', self.attestation(self.read_challenge())))
        return self.read_welcome()

    def dial(self):
        self.connection = Connection(self.url, self.ca)

    def read_challenge(self):
        """Believed from the pin of the root alone."""
        frame = self.next_frame()
        while frame.startswith((signed.header_of('result') + '.', signed.header_of('ack') + '.')):
            frame = self.next_frame()
        challenge = fitting('challenge', canonical_json.read(signed.split('challenge', frame)[0]))
        root = from_base64url(challenge['root'])
        if to_base64url(sha256(root)) != self.enrolment['root']:
            raise Refused('PIN_MISMATCH')
        self.delegated = {}
        for compact in challenge['delegations']:
            text = signed.verified('delegation', compact, signed.key_of(root))
            one = fitting('delegation', canonical_json.read(text))
            if one['notBefore'] <= challenge['time'] < one['notAfter']:
                self.delegated[one['purpose']] = signed.key_of(from_base64url(one['key']))
        self.verified('challenge', frame, 'acknowledgements')
        self.nonce = challenge['nonce']
        return challenge

    def attestation(self, challenge, **changes):
        enrolling = self.device is None
        purpose = 'enrol' if enrolling else 'attest'
        subject = spki_of(self.key) if enrolling else self.device.encode('ascii')
        place = {'epoch': self.epoch, 'sequence': self.sequence, 'head': self.head, 'posture': self.posture}
        place |= {name: changes[name] for name in place if name in changes}
        exporter = self.connection.exporter if challenge['channelBinding'] == 'required' else ZEROS
        binding = sha256(
            signed.binding_bytes(
                purpose, from_base64url(challenge['nonce']), exporter, self.ca_pin, sha256(subject),
                place['epoch'], place['sequence'], from_base64url(place['head']), from_base64url(place['posture']),
            )
        )
        attestation = {'type': 'attestation', 'purpose': purpose, 'nonce': challenge['nonce']}
        attestation |= {'binding': to_base64url(binding)}
        if enrolling:
            claim = {'keyKind': 'software', 'applicationKey': to_base64url(spki_of(self.key))}
            attestation |= place | {'enrolment': claim, 'label': self.label}
        else:
            attestation |= {'device': self.device} | place
        return without_none(fitting('attestation', attestation) | changes)

    def read_welcome(self):
        welcome = self.verified('welcome', self.next_frame(), 'acknowledgements')
        if welcome['nonce'] != self.nonce:
            raise Refused('NONCE_UNKNOWN')
        if TIERS.index(welcome['tier']) > TIERS.index(self.enrolment['minimumTier']):
            raise Refused('TIER_TOO_LOW')
        self.device, self.epoch, self.tier = welcome['device'], welcome['epoch'], welcome['tier']
        return welcome

    # The session.

    def next_frame(self):
        frame = self.connection.receive()
        if frame is None:
            raise Ended(self.connection.closed)
        if frame.startswith('{'):
            raise RefusedByDirectory(fitting('refusal', canonical_json.read(frame)))
        return frame

    def next_of(self, kind):
        """The next frame of a kind, and what is in it. Results on the way are kept."""
        while True:
            frame = self.next_frame()
            if frame.startswith(signed.header_of(kind) + '.'):
                return self.taken(kind, frame)
            if frame.startswith(signed.header_of('result') + '.'):
                self.taken('result', frame)
            elif not frame.startswith(signed.header_of('ack') + '.'):
                raise Refused('FRAME_UNEXPECTED', frame[:60])

    def taken(self, kind, frame):
        message = self.verified(kind, frame, 'orders' if kind == 'order' else 'acknowledgements')
        if (message['device'], message['epoch']) != (self.device, self.epoch):
            raise Refused('EPOCH_MISMATCH')
        if kind == 'result':
            self.results.append(message['result'])
            self.decisions |= {one['claim']: one for one in message.get('claimDecisions', [])}
        elif kind == 'ack':
            if self.batches and hash_of(self.batches[message['sequence']]) != message['head']:
                raise Refused('EVIDENCE_FORKED')
            self.receipt = frame
        return message

    def evidence(self, **changes):
        """What the next batch says; `changes` may spoil it."""
        evidence = {'eat_profile': 'urn:x-surety:evidence:1', 'sub': self.device, 'iat': int(time.time())}
        evidence |= {'epoch': self.epoch, 'sequence': self.sequence + 1, 'previous': self.head}
        evidence |= {'bootId': 'boot', 'uptimeMs': 1}
        return without_none(evidence | changes)

    def batch(self, **claims):
        """Signs the next batch, and keeps it."""
        compact = self.sign('evidence', fitting('evidence', self.evidence(**claims)))
        self.sequence += 1
        self.batches[self.sequence] = compact
        self.head = hash_of(compact)
        if 'findings' in claims:
            self.posture = hash_of(canonical_json.write(claims['findings']))
        return compact

    def send_batch(self, **claims):
        self.connection.send(self.batch(**claims))

    def acknowledged(self):
        """Waits until the newest batch is acknowledged."""
        while (ack := self.next_of('ack'))['sequence'] < self.sequence:
            pass
        return ack

    def verdict(self, wanted):
        """The newest verdict, once it is the wanted one: a result may come before or after an ack."""
        while not self.results or self.results[-1]['verdict'] != wanted:
            self.next_of('result')
        return self.results[-1]['verdict']

    def decided(self, claim):
        """The decision about a claim, once a result brings it."""
        while claim not in self.decisions:
            self.next_of('result')
        return self.decisions[claim]

    def renew(self, reason='timer'):
        renew = fitting('renew', {'type': 'renew', 'reason': reason, 'sequence': self.sequence, 'head': self.head})
        self.connection.send(canonical_json.write(renew))
        return self.read_challenge()

    def sign(self, kind, payload):
        return signed.sign(kind, payload, self.key)

    def verified(self, kind, frame, purpose):
        return fitting(kind, canonical_json.read(signed.verified(kind, frame, self.delegated[purpose])))


def without_none(members):
    return {name: value for name, value in members.items() if value is not None}
