"""The API of administrators, with the profile that the directory writes for its commands."""

import http.client
import json
import ssl
from pathlib import Path
from urllib.parse import urlsplit

from device import fitting


class Api:
    def __init__(self, profile_path):
        self.profile = fitting('administrator-profile', json.loads(Path(profile_path).read_text('utf-8')))
        self.context = ssl.create_default_context(cadata=self.profile['ca'])

    def ask(self, method, path, body=None, token=None):
        """Status, headers and JSON of the answer."""
        url = urlsplit(self.profile['url'])
        connection = http.client.HTTPSConnection(url.hostname, url.port, context=self.context, timeout=30)
        headers = {'Authorization': f'Bearer {self.profile["token"] if token is None else token}'}
        if body is not None:
            headers['Content-Type'] = 'application/json'
        try:
            connection.request(method, f'/api/v1{path}', None if body is None else json.dumps(body), headers)
            answer = connection.getresponse()
            return answer.status, answer.headers, json.loads(answer.read())
        finally:
            connection.close()

    def get(self, path):
        status, _, answer = self.ask('GET', path)
        if status != 200:
            raise RuntimeError(f'{path}: {answer}')
        return answer

    def post(self, path, body=None):
        status, _, answer = self.ask('POST', path, body)
        if status >= 300:
            raise RuntimeError(f'{path}: {answer}')
        return answer

    def enrolment(self, **request):
        """A new enrolment string, of a token for one device."""
        return self.post('/tokens', {'owner': 'ada@example.org', 'minimumTier': 'software'} | request)['enrolment']
