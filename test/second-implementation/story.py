"""A device's life with a real directory, told as checks: [name, what came, what docs/protocol.md says]."""

import copy
import re
from pathlib import Path

import canonical_json
import signed
from device import NO_HASH, Device, Ended, RefusedByDirectory, fitting, now_ms
from signed import hash_of
from wire import Connection

PROTOCOL = (Path(__file__).parents[2] / 'docs/protocol.md').read_text('utf-8')
CHECKS = re.findall(r'^\| `([a-z-]+\.[a-z0-9.-]+)` \| .* \| (?:required|advisory) \|$', PROTOCOL, re.MULTILINE)
PASSES = [{'check': check, 'state': 'pass', 'detail': 'as it should be'} for check in CHECKS]
INVENTORY = {
    'hostname': 'second', 'platform': 'linux', 'arch': 'x64', 'osName': 'Debian', 'osVersion': '13', 'kernel': '6.12',
    'model': 'K\u00f6nig \u20ac \U0001f600 \u2028',
}
USER = {'id': '1000', 'name': 'ada'}


def agent(number):
    return {
        'kind': 'agent', 'id': f'{number:032x}', 'name': f'Agent {number}', 'user': USER, 'state': 'installed',
        'evidence': ['executable agent'], 'agentKind': 'cli-agent', 'path': f'/home/ada/bin/agent-{number}',
    }


def part(number, parts, items):
    return {'mode': 'full', 'snapshot': 'first', 'part': number, 'parts': parts, 'items': items}


def source(items, state='parsed'):
    return {'source': 'installed-agents', 'user': USER, 'state': state, 'items': items, 'durationMs': 3}


def told(device):
    """How the connection ends."""
    try:
        while True:
            device.next_frame()
    except (RefusedByDirectory, Ended) as end:
        return end.code


def refused(device):
    """Attests on a new connection, and says how that ends."""
    device.dial()
    device.connection.send(canonical_json.write(device.hello()))
    device.connection.send(device.sign('attestation', device.attestation(device.read_challenge())))
    return told(device)


def first_day(api):
    """Enrolment, evidence in several parts, orders; all on the connection of the enrolment."""
    device = Device(api.enrolment())
    welcome = device.connect()
    start = {name: welcome[name] for name in ('status', 'epoch', 'tier', 'sequence', 'head', 'order', 'orders')}
    yield 'the welcome of an enrolment', start, {
        'status': 'accepted', 'epoch': 1, 'tier': 'software', 'sequence': 0, 'head': NO_HASH, 'order': 0, 'orders': [],
    }
    yield 'the first result, on the same connection', device.next_of('result')['result']['verdict'], 'unknown'

    # All under way at once: no acknowledgement is waited for.
    device.send_batch(inventory=INVENTORY, findings=PASSES, health=[])
    device.send_batch(sightings=part(0, 3, [agent(1), agent(2)]), sources=[source(2)])
    device.send_batch(sightings=part(2, 3, [agent(4)]))
    device.send_batch(sightings=part(1, 3, [agent(3)]), later={'a': [1, {'b': None}]})
    ack = device.acknowledged()
    yield 'an ack names the last of a burst', [ack['sequence'], ack['head']], [4, device.head]
    yield 'the result that follows', device.verdict('compliant'), 'compliant'
    here = f'/devices/{device.device}'
    shown = api.get(here)
    yield 'inventory arrives as it was sent', shown['inventory'], INVENTORY
    yield 'all parts count', len(api.get(f'{here}/sightings')['items']), 4

    device.send_batch(sightings={'mode': 'delta', 'items': [agent(5)], 'gone': [f'{1:032x}']})
    device.acknowledged()
    now = [one['sighting']['name'] for one in api.get(f'{here}/sightings')['items'] if 'goneAt' not in one]
    yield 'a delta adds and ends', sorted(now), ['Agent 2', 'Agent 3', 'Agent 4', 'Agent 5']
    device.send_batch(sources=[source(0, 'unreadable')], sightings=part(0, 1, []) | {'snapshot': 'second'})
    device.acknowledged()
    now = [one for one in api.get(f'{here}/sightings')['items'] if 'goneAt' not in one]
    yield 'a snapshot ends nothing where a source could not be read', len(now), 4
    device.connection.send(device.batches[3])
    yield 'the same bytes again are acknowledged again', device.next_of('ack')['sequence'], device.sequence
    yield from orders(api, device, here)
    yield from agent_claims(api, device)
    yield from unusable(device)
    device.connection.close()
    yield from coming_back(api, device, here)


def orders(api, device, here):
    given = api.post(f'{here}/orders', {'kind': 'attest', 'reason': 'now'})
    order = device.next_of('order')
    yield 'an order', [order['id'], order['number'], order['kind']], [given['id'], 1, 'attest']
    device.last_order = order['number']
    device.connection.send(device.sign('attestation', device.attestation(device.renew('order'))))
    attested = device.next_of('result')['result']
    yield 'an attestation on the same connection', attested['verdict'], 'compliant'
    device.send_batch(receipts=[receipt(order, 'done')])
    device.acknowledged()
    api.post(f'{here}/orders', {'kind': 'collect', 'reason': 'now'})
    order = device.next_of('order')
    device.last_order = order['number']
    device.send_batch(receipts=[receipt(order, 'refused', 'ORDER_REFUSED')])
    device.acknowledged()
    answers = [[one['number'], one['status'], one.get('code')] for one in api.get(f'{here}/orders')['items']]
    yield 'receipts of orders', sorted(answers), [[1, 'done', None], [2, 'refused', 'ORDER_REFUSED']]


def claim(number, sighting, **changes):
    return {
        'id': f'clm_{number:021}A', 'sighting': f'{sighting:032x}', 'product': f'Agent {sighting}', 'user': USER,
        'purpose': 'weekly report', 'time': now_ms(),
    } | changes


def agent_claims(api, device):
    good, foreign = claim(1, 5), claim(2, 5, user={'id': '1001', 'name': 'bob'})
    device.send_batch(agentClaims=[good, foreign])
    device.acknowledged()
    yield 'a claim of another user is refused at once', device.decided(foreign['id'])['by'], 'the directory'
    yield 'a claim waits', api.get(f'/claims/{good["id"]}')['state'], 'pending'
    device.send_batch(agentClaims=[good | {'purpose': 'another'}])
    device.acknowledged()
    yield 'a claim that comes again', api.get(f'/claims/{good["id"]}')['purpose'], 'weekly report'
    api.post(f'/claims/{good["id"]}/refuse', {'reason': 'use another'})
    decision = {name: device.decided(good['id'])[name] for name in ('outcome', 'reason')}
    yield 'a decision comes with a result', decision, {'outcome': 'refused', 'reason': 'use another'}


def receipt(order, outcome, code=None):
    answer = {'order': order['id'], 'number': order['number'], 'outcome': outcome, 'time': now_ms()}
    return answer | ({'code': code} if code else {})


def unusable(device):
    """A batch that fits its schema and its place is kept, though a part of it cannot be used."""
    device.send_batch(sightings=part(3, 3, []))
    device.acknowledged()
    yield 'a part that is not below the parts', device.verdict('unknown'), 'unknown'
    device.send_batch(sightings=part(0, 1, [agent(2)]) | {'snapshot': 'third'}, sources=[])
    device.acknowledged()
    yield 'until the same part is good again', device.verdict('compliant'), 'compliant'


def coming_back(api, device, here):
    api.post(f'{here}/orders', {'kind': 'collect', 'reason': 'while it was away'})
    welcome = device.connect()
    place = [welcome['sequence'], welcome['head'], welcome['order'], len(welcome['orders'])]
    yield 'the welcome of a device that comes back', place, [device.sequence, device.head, 3, 1]
    text = signed.verified('order', welcome['orders'][0], device.delegated['orders'])
    order = fitting('order', canonical_json.read(text))
    yield 'an order inside a welcome', [order['device'], order['number'], order['kind']], [device.device, 3, 'collect']
    device.last_order = welcome['order']
    device.send_batch(receipts=[receipt(order, 'done')])
    device.acknowledged()
    yield from catalogue(api, device)

    other = copy.copy(device)
    other.connect()
    yield 'an older connection, once a newer one is there', told(device), 'SESSION_SUPERSEDED'
    other.connection.close()

    device.batch()
    device.connection.close()
    yield 'a device that is ahead', device.connect()['sequence'], device.sequence - 1
    device.connection.send(device.batches[device.sequence])
    yield 'sends what is missing', device.acknowledged()['sequence'], device.sequence
    yield from gap(device)
    device.connection.close()


def catalogue(api, device):
    one = {'id': 'one', 'name': 'One', 'vendor': 'V', 'kind': 'cli-agent', 'sources': ['seen']}
    set_to = {'schema': 'surety/catalogue@1', 'version': 1000, 'asOf': '2026-11-25'}
    set_to |= {'sources': {'seen': {'title': 'seen'}}, 'entries': [one]}
    api.post('/catalogue', {'catalogue': canonical_json.write(set_to)})
    device.connection.send(device.sign('attestation', device.attestation(device.renew())))
    offer = device.next_of('result')['catalogue']
    # The members of a request may stand in any order.
    device.connection.send(canonical_json.write({'hash': offer['hash'], 'type': 'catalogue'}))
    text = signed.verified('catalogue', device.next_frame(), device.delegated['orders'])
    yield 'the catalogue that was offered', fitting('catalogue', canonical_json.read(text)), set_to
    yield 'its hash is that of the payload', [offer['version'], offer['hash']], [1000, hash_of(text)]


def gap(device):
    before = [device.sequence, device.head]
    device.batch()
    device.batch()
    last = [device.sequence, device.head]
    record = {'firstSequence': before[0] + 1, 'lastSequence': last[0], 'before': before[1], 'last': last[1]}
    device.batch(bootId='kept')
    compact = device.batch(gap=record)
    device.connection.send(compact)
    yield 'a gap record is taken out of order', device.next_of("ack")["sequence"], last[0]
    device.connection.send(device.batches[last[0] + 1])
    device.connection.send(compact)
    yield 'and the chain goes on behind the gap', device.acknowledged()['sequence'], device.sequence


def special_cases(api):
    lost = Device(api.enrolment())
    lost.connect()
    again = copy.copy(lost)
    again.device, again.epoch = None, 0
    lost.connection.close()
    again.connect()
    yield 'a lost welcome: the same device again', again.device, lost.device
    again.send_batch()
    again.acknowledged()
    again.connection.close()

    waiting = Device(api.enrolment(), key=again.key)
    welcome = waiting.connect()
    came = [welcome['status'], welcome['device'], welcome['epoch']]
    yield 'a key that is known waits for a person', came, ['pending', again.device, 2]
    hasty = copy.copy(waiting)
    yield 'an attestation before it was decided', refused(hasty), 'ENROLMENT_PENDING'
    api.post(f'/re-enrolments/{welcome["reEnrolment"]}/approve')
    yield 'the connection that waits', told(waiting), 'closed 1000'
    yield 'the epoch that was approved', waiting.connect()['status'], 'accepted'
    waiting.send_batch(findings=PASSES)
    yield 'and its chain, which begins anew', waiting.acknowledged()['sequence'], 1
    yield 'an attestation of the epoch before', refused(again), 'EPOCH_MISMATCH'

    impatient = Device(api.enrolment(), key=waiting.key)
    impatient.connect()
    impatient.send_batch()
    yield 'a frame while a person decides', told(impatient), 'ENROLMENT_PENDING'
    waiting.connection.close()


def transport(api):
    device = Device(api.enrolment())

    def answer(**changes):
        connection = Connection(device.url, device.ca, **changes)
        return [connection.status, (connection.buffer + (connection._take(1) or b'')).decode('utf-8')[:20]]

    yield 'no subprotocol', answer(subprotocol=None), [400, 'PROTOCOL_UNSUPPORTED']
    yield 'another subprotocol', answer(subprotocol='surety.v2'), [400, 'PROTOCOL_UNSUPPORTED']
    yield 'an origin', answer(headers='Origin: https://example.org\r\n')[0], 400
    yield 'another path', answer(path='/devices')[0], 400
    device.dial()
    device.connection.send(b'\xff"')
    yield 'a text that is not UTF-8', told(device), 'closed 1007'
    device.dial()
    device.connection.send(b'{}', opcode=2)
    yield 'a binary message', told(device), 'FRAME_MALFORMED'


def administrators(api):
    statuses = {api.ask('GET', '/devices', token='surety_adm_' + 'A' * 43)[0] for _ in range(20)}
    status, headers, answer = api.ask('GET', '/devices', token='')
    yield 'twenty requests without a valid token', statuses, {401}
    came = [status, fitting('api-problem', answer)['code'], int(headers['Retry-After']) > 0]
    yield 'one more', came, [429, 'QUOTA_EXCEEDED', True]
    yield 'a valid token from the same address', api.ask('GET', '/devices')[0], 200
