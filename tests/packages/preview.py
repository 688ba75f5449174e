"""preview.py URL TOKEN EXPECTED   asks the admin endpoint; an empty TOKEN is none. EXPECTED is the status and how many
campaigns need a sync."""

import json
import sys
import urllib.error
import urllib.request

url, token, expected = sys.argv[1:]
request = urllib.request.Request(url, headers={"Authorization": f"Bearer {token}"} if token else {})
try:
    with urllib.request.urlopen(request, timeout=5) as response:
        status, body = response.status, json.load(response)
except urllib.error.HTTPError as error:
    status, body = error.code, json.load(error)
except OSError as error:
    sys.exit(f"no answer: {error}")
found = f"{status} {body.get('summary', {}).get('needsSync')}"
if found != expected:
    sys.exit(f"expected {expected}, found {found}: {str(body)[:500]}")
