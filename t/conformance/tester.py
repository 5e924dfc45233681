# Runs scim2-tester against a server, as run.sh wants it: prints its results
# as JSON.  Arguments: the base URL, a token.

import json
import sys
import warnings

from httpx2 import Client
from scim2_client.engines.httpx2 import SyncSCIMClient
from scim2_tester import check_server

warnings.simplefilter("ignore")

url, token = sys.argv[1:]

client = Client(base_url=url, headers={"Authorization": f"Bearer {token}"},
                timeout=30, trust_env=False)

# not of the resource type that is there for another suite: it cannot make a
# dateTime, and takes an attribute that is returned "always" for required

results = check_server(SyncSCIMClient(client),
                       resource_types=["User", "Group"])

json.dump([{"status": result.status.name,
            "title": result.title,
            "type": result.resource_type,
            "reason": result.reason,
            "data": None if result.data is None else str(result.data)[:500]}
           for result in results], sys.stdout)
