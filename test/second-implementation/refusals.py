"""Breaks each rule of docs/protocol.md in turn, and sees the refusal that the document promises."""

import copy

import canonical_json
import signed
import vectors
from device import NO_HASH, Device
from signed import spki_of, to_base64url
from story import PASSES, told

WRONG_HASH = to_base64url(b'\1' * 32)
UNKNOWN_DEVICE = 'dev_' + 'A' * 22


def text(value):
    return canonical_json.write(value)


def answer(device, frame):
    """How a new connection ends on which this frame comes first."""
    device.dial()
    device.connection.send(frame)
    return told(device)


def hellos(api):
    new = Device(api.enrolment())
    known = Device(api.enrolment())
    known.connect()
    known.send_batch()
    known.acknowledged()
    known.connection.close()
    hello = known.hello()
    token = new.hello()['token']
    cases = [
        ['a space', text(hello).replace(':', ': ', 1), 'INPUT_NOT_CANONICAL'],
        ['a member twice', text(hello).replace('{', '{"protocol":1,', 1), 'INPUT_NOT_CANONICAL'],
        ['no JSON', 'hello', 'INPUT_MALFORMED'],
        ['eleven levels', text(hello)[:-1] + ',"x":' + '[' * 10 + ']' * 10 + '}', 'INPUT_TOO_DEEP'],
        ['a byte too many', text(hello).ljust(4097), 'FRAME_TOO_LARGE'],
        ['a member that is not listed', text(hello | {'more': 1}), 'FRAME_MALFORMED'],
        ['a member of null', text(hello | {'receipt': None}), 'FRAME_MALFORMED'],
        ['another protocol', text(hello | {'protocol': 2}), 'PROTOCOL_UNSUPPORTED'],
        ['another protocol, and one member more', text(hello | {'protocol': 2, 'more': 1}), 'FRAME_MALFORMED'],
        ['neither token nor device', text(known.hello(device=None)), 'FRAME_MALFORMED'],
        ['both of them', text(hello | {'token': token}), 'FRAME_MALFORMED'],
        ['both of them, in another protocol', text(hello | {'token': token, 'protocol': 2}), 'PROTOCOL_UNSUPPORTED'],
        ['another secret', text(new.hello(token=token | {'secret': NO_HASH})), 'TOKEN_UNKNOWN'],
        ['a token that was used', text(Device.hello(spent(known))), 'TOKEN_USED'],
        ['a signed message', known.sign('evidence', {}), 'INPUT_MALFORMED'],
        ['a renewal', text({'type': 'renew', 'reason': 'timer', 'sequence': 0, 'head': NO_HASH}), 'FRAME_MALFORMED'],
    ]
    for name, frame, code in cases:
        yield name, answer(known, frame), code
    yield from orders_in_a_hello(known)


def spent(device):
    """The device as it was before it enrolled."""
    before = copy.copy(device)
    before.device, before.epoch = None, 0
    return before


def orders_in_a_hello(device):
    for name, order, code in [['far beyond', 1_000_001, 'FRAME_MALFORMED'], ['as far as may be', 1_000_000, None]]:
        device.dial()
        device.connection.send(text(device.hello(order=order)))
        device.connection.send(device.sign('attestation', device.attestation(device.read_challenge())))
        came = told(device) if code else device.read_welcome()['order']
        yield f'an order number {name}', came, code or order
    device.connection.close()


def changed(**changes):
    return lambda device, challenge: device.sign('attestation', device.attestation(challenge, **changes))


def spelled(change, key=None):
    """The honest attestation with its text changed, signed all the same."""

    def make(device, challenge):
        payload = change(text(device.attestation(challenge)).encode('utf-8'))
        return signed.sign('attestation', payload, key or device.key)

    return make


def resigned(change):
    return lambda device, challenge: change(device.sign('attestation', device.attestation(challenge)))


def flipped(frame):
    """Another signature, in good base64url."""
    return frame[:-10] + ('A' if frame[-10] != 'A' else 'B') + frame[-9:]


def not_utf8(payload):
    return payload.replace(b'"nonce"', b'"nonc\xff"')


def other_nonce(payload):
    start = payload.index(b'"nonce":"') + len(b'"nonce":"')
    return payload[:start] + WRONG_HASH.encode('ascii') + payload[start + 43:]


def with_key_id(frame):
    header = to_base64url(b'{"alg":"ES256","typ":"surety-attestation+jwt","kid":"1"}')
    return header + frame[frame.index('.'):]


A_CLAIM = {'keyKind': 'software', 'applicationKey': to_base64url(spki_of(signed.new_key()))}
A_QUOTE = {'attested': 'AA', 'signature': 'AA', 'pcrs': {'0': '00' * 32}}

ANY_ATTESTATION = [
    ['plain JSON', lambda device, _: '{}', 'FRAME_MALFORMED'],
    ['the header of evidence', lambda device, _: device.sign('evidence', {}), 'SIGNATURE_HEADER_REFUSED'],
    ['a header with a key id', resigned(with_key_id), 'SIGNATURE_HEADER_REFUSED'],
    ['four parts and another header', resigned(lambda frame: f'{with_key_id(frame)}.x'), 'FRAME_MALFORMED'],
    ['padding', resigned(lambda frame: frame + '='), 'FRAME_MALFORMED'],
    ['a signature in DER', resigned(lambda frame: frame + 'AAAA'), 'FRAME_MALFORMED'],
    ['another signature', resigned(flipped), 'SIGNATURE_INVALID'],
    ['a payload that is not UTF-8', spelled(not_utf8), 'FRAME_MALFORMED'],
    ['a payload with a space', spelled(lambda payload: payload + b' '), 'INPUT_NOT_CANONICAL'],
    ['a space, by another key', spelled(lambda payload: payload + b' ', signed.new_key()), 'INPUT_NOT_CANONICAL'],
    ['a member that is not listed', changed(more=1), 'FRAME_MALFORMED'],
    ['another nonce', changed(nonce=WRONG_HASH), 'NONCE_UNKNOWN'],
    ['another nonce, by another key', spelled(other_nonce, signed.new_key()), 'NONCE_UNKNOWN'],
    ['another key', spelled(lambda payload: payload, signed.new_key()), 'SIGNATURE_INVALID'],
    ['another binding', changed(binding=WRONG_HASH), 'ATTESTATION_BINDING_MISMATCH'],
    ['a binding with a bit behind its last byte', changed(binding=NO_HASH[:-1] + 'B'), 'FRAME_MALFORMED'],
    ['a quote without a TPM', changed(quote=A_QUOTE), 'ATTESTATION_QUOTE_INVALID'],
]
ENROLLING = [
    ['the other purpose', changed(purpose='attest'), 'FRAME_MALFORMED'],
    ['no claim', changed(enrolment=None), 'FRAME_MALFORMED'],
    ['no label', changed(label=None), 'FRAME_MALFORMED'],
    ['a device', changed(device=UNKNOWN_DEVICE), 'FRAME_MALFORMED'],
    ['an epoch', changed(epoch=1), 'FRAME_MALFORMED'],
    ['a key that is none', changed(enrolment=A_CLAIM | {'applicationKey': 'AAAA'}), 'KEY_MALFORMED'],
    ['a key with padding', changed(enrolment=A_CLAIM | {'applicationKey': 'AAA='}), 'FRAME_MALFORMED'],
]
ATTESTING = [
    ['the other purpose', changed(purpose='enrol'), 'FRAME_MALFORMED'],
    ['another device', changed(device=UNKNOWN_DEVICE), 'FRAME_MALFORMED'],
    ['no device', changed(device=None), 'FRAME_MALFORMED'],
    ['a claim', changed(enrolment=A_CLAIM), 'FRAME_MALFORMED'],
    ['another epoch', changed(epoch=2), 'EPOCH_MISMATCH'],
    ['another posture, which nobody compares', changed(posture=WRONG_HASH), 'a welcome'],
]


def attest(device, make):
    device.dial()
    device.connection.send(text(device.hello()))
    device.connection.send(make(device, device.read_challenge()))
    try:
        device.read_welcome()
        return 'a welcome'
    except Exception as end:
        return end.code


def attestations(api):
    new = Device(api.enrolment())
    for name, make, code in ANY_ATTESTATION + ENROLLING:
        yield f'to enrol, {name}', attest(new, make), code
    for name, request, code in [
        ['another serial number', {'serial': 'S-1'}, 'TOKEN_SERIAL_MISMATCH'],
        ['a tier too low', {'minimumTier': 'tpm'}, 'TIER_TOO_LOW'],
    ]:
        yield f'to enrol, {name}', attest(Device(api.enrolment(**request)), changed()), code
    known = Device(api.enrolment())
    known.connect()
    for _ in range(2):
        known.send_batch(findings=PASSES)
    known.acknowledged()
    known.connection.close()
    for name, make, code in ANY_ATTESTATION + ATTESTING:
        # On a fresh connection a peer without the key learns nothing of the device.
        yield name, attest(known, make), 'DEVICE_UNKNOWN' if code == 'SIGNATURE_INVALID' else code
    behind = copy.copy(known)
    behind.sequence, behind.head = 1, signed.hash_of(known.batches[1])
    for name, other, code in [
        ['an unknown device', {'device': UNKNOWN_DEVICE}, 'DEVICE_UNKNOWN'],
        ['an unknown device in another epoch', {'device': UNKNOWN_DEVICE, 'epoch': 7}, 'DEVICE_UNKNOWN'],
        ['a device in another epoch', {'epoch': 2}, 'EPOCH_MISMATCH'],
        ['a device in another epoch, with another key', {'epoch': 2, 'key': signed.new_key()}, 'DEVICE_UNKNOWN'],
    ]:
        claims = copy.copy(known)
        claims.__dict__.update(other)
        yield name, attest(claims, changed()), code
    yield 'behind, on a fresh connection', attest(behind, changed()), 'EVIDENCE_FORKED'


def batches(device):
    finding = PASSES[0]
    sightings = {'mode': 'full', 'snapshot': 's', 'part': 0, 'parts': 1, 'items': []}
    gap = {'firstSequence': 5, 'lastSequence': 8, 'before': NO_HASH, 'last': NO_HASH}
    return [
        ['a pass without a detail', {'findings': [{'check': finding['check'], 'state': 'pass'}]}, 'FRAME_MALFORMED'],
        ['an unknown with a detail', {'findings': [finding | {'state': 'unknown'}]}, 'FRAME_MALFORMED'],
        ['257 findings', {'findings': [finding] * 257}, 'FRAME_MALFORMED'],
        ['1,001 parts', {'sightings': sightings | {'parts': 1001}}, 'FRAME_MALFORMED'],
        ['a delta without gone', {'sightings': {'mode': 'delta', 'items': []}}, 'FRAME_MALFORMED'],
        ['2,001 gone', {'sightings': {'mode': 'delta', 'items': [], 'gone': ['0' * 32] * 2001}}, 'FRAME_MALFORMED'],
        ['no bootId', {'bootId': None}, 'FRAME_MALFORMED'],
        ['a text of 65 letters', {'bootId': '\U0001f600' * 65}, 'FRAME_MALFORMED'],
        ['33 unknown members', {f'later{at}': at for at in range(33)}, 'FRAME_MALFORMED'],
        ['64 KiB of unknown members', {'later': 'x' * 65536}, 'FRAME_MALFORMED'],
        ['another device', {'sub': UNKNOWN_DEVICE}, 'FRAME_MALFORMED'],
        ['another device and another epoch', {'sub': UNKNOWN_DEVICE, 'epoch': 2}, 'FRAME_MALFORMED'],
        ['another epoch', {'epoch': 2}, 'EPOCH_MISMATCH'],
        ['a place further on', {'sequence': device.sequence + 2}, 'EVIDENCE_OUT_OF_ORDER'],
        ['a gap that does not fit', {'sequence': 9, 'gap': gap}, 'EVIDENCE_GAP_UNPROVEN'],
    ]


def frames(device):
    honest = signed.sign('evidence', device.evidence(), device.key)
    renew = {'type': 'renew', 'reason': 'timer', 'sequence': 0, 'head': NO_HASH}
    return [
        ['a second hello', text(device.hello()), 'FRAME_MALFORMED'],
        ['a request too large', text(renew).ljust(4097), 'INPUT_TOO_LARGE'],
        ['a renewal for no known reason', text(renew | {'reason': 'boredom'}), 'FRAME_MALFORMED'],
        ['an attestation that was not asked for', device.sign('attestation', {}), 'NONCE_UNKNOWN'],
        ['an activation', device.sign('activation', {}), 'FRAME_UNEXPECTED'],
        ['a header that is none', 'e30' + honest[honest.index('.'):], 'FRAME_UNEXPECTED'],
        ['a letter', 'x', 'FRAME_UNEXPECTED'],
        ['evidence by another key', signed.sign('evidence', device.evidence(), signed.new_key()), 'SIGNATURE_INVALID'],
        ['a space, by another key', signed.sign('evidence', b' {}', signed.new_key()), 'SIGNATURE_INVALID'],
        ['evidence of two parts', honest[: honest.rindex('.')], 'FRAME_MALFORMED'],
        ['evidence that is not UTF-8', signed.sign('evidence', b'"\xff"', device.key), 'FRAME_MALFORMED'],
        ['the same by another key', signed.sign('evidence', b'"\xff"', signed.new_key()), 'FRAME_MALFORMED'],
        ['a frame of a byte too many', honest.ljust(2**20 + 1, 'A'), 'FRAME_TOO_LARGE'],
        ['a frame of 8 KiB too many', honest.ljust(2**20 + 8192, 'A'), 'closed 1009'],
    ]


def evidence(api):
    device = Device(api.enrolment())
    device.connect()
    device.send_batch()
    device.acknowledged()
    spoilt = [[name, device.evidence(**changes), code] for name, changes, code in batches(device)]
    signed_all = [[name, device.sign('evidence', one), code] for name, one, code in spoilt]
    for name, frame, code in frames(device) + signed_all:
        device.connection.close()
        device.connect()
        device.connection.send(frame)
        yield name, told(device), code
    device.connect()
    device.send_batch()
    device.acknowledged()
    yield 'after all of these', device.sequence, 2
    device.connection.send(device.sign('evidence', device.evidence(sequence=2, previous=NO_HASH)))
    yield 'other bytes at a place that is taken', told(device), 'EVIDENCE_FORKED'


def canonical(api):
    """The texts of the vectors as the value of an unknown member: a level deeper than they are alone."""
    device = Device(api.enrolment())
    device.connect()
    for vector in vectors.load('canonical-json')['vectors']:
        if vector['name'] == 'as many levels as there may be':
            continue
        payload = text(device.evidence())[:-1] + ',"later":' + vector['text'] + '}'
        compact = signed.sign('evidence', payload.encode('utf-8'), device.key)
        if 'refuse' in vector:
            device.connection.send(compact)
            yield vector['name'], told(device), vector['refuse']
            device.connect()
        else:
            device.connection.send(compact)
            device.sequence, device.head = device.sequence + 1, signed.hash_of(compact)
            device.batches[device.sequence] = compact
            yield vector['name'], device.acknowledged()['sequence'], device.sequence
    device.connection.close()


ALL = (hellos, attestations, evidence, canonical)
