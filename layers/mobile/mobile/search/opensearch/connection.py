"""The client of an OpenSearch domain, which signs requests with the function's role."""

from __future__ import annotations

from opensearchpy import OpenSearch, Urllib3AWSV4SignerAuth, Urllib3HttpConnection

from shared import aws

SECONDS = 5


def connected(endpoint: str) -> OpenSearch:
    """Return a client.

    Parameters
    ----------
    endpoint
        The domain's address, with https:// or without.
    """
    signer = Urllib3AWSV4SignerAuth(*aws.identity(), "es")
    return OpenSearch(
        endpoint if "://" in endpoint else f"https://{endpoint}",
        http_auth=signer,
        connection_class=Urllib3HttpConnection,
        http_compress=True,
        timeout=SECONDS,
        max_retries=2,
        retry_on_timeout=True,
        pool_maxsize=2,  # an environment handles one request at a time
    )
