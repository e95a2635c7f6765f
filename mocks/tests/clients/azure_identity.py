"""Azure's Python client with access tokens that hold for a time. Arguments: where the mocks are, without a path; the same by TLS; the
file of whom to trust."""

import os
import sys
import tempfile
import urllib.request

base, secure, ca = sys.argv[1:4]
os.environ["REQUESTS_CA_BUNDLE"] = ca

from azure.identity import (  # noqa: E402
    ClientAssertionCredential,
    ClientSecretCredential,
    DefaultAzureCredential,
    ManagedIdentityCredential,
    WorkloadIdentityCredential,
    get_bearer_token_provider,
)
from openai import AzureOpenAI  # noqa: E402
from shared import attempt, case, run  # noqa: E402

TENANT = "7e57ab1e-0000-4000-8000-000000000001"
CLIENT = "7e57ab1e-0000-4000-8000-0000000000c1"
MACHINE = "7e57ab1e-0000-4000-8000-0000000000c2"
SCOPE = "https://cognitiveservices.azure.com/.default"
HERE = {"authority": f"{secure}/entra", "disable_instance_discovery": True}


def secret(tenant=TENANT, client=CLIENT, secret="entra-touchstone", **more):
    return ClientSecretCredential(tenant, client, secret, **(HERE | more))


def ask(credential=None, token=None, scope=SCOPE):
    known = {"azure_ad_token": token} if token else {"azure_ad_token_provider": get_bearer_token_provider(credential, scope)}
    client = AzureOpenAI(azure_endpoint=f"{base}/azure", api_version="2024-10-21", max_retries=0, timeout=30, **known)
    reply = client.chat.completions.create(model="gpt-4o", messages=[{"role": "user", "content": "[[text]]"}])
    return reply.choices[0].message.content


def expire():
    urllib.request.urlopen(urllib.request.Request(f"{base}/__mock/tokens", method="DELETE"))


def identity(audience="api://AzureADTokenExchange", **more):
    query = "".join(f"&{name}={value}" for name, value in more.items())
    return urllib.request.urlopen(f"{base}/__mock/identity?audience={audience}{query}").read().decode()


def used_up(credential):
    """The text, and what a client that does not know of the expiry is told afterwards."""
    token = credential.get_token(SCOPE).token
    before = ask(token=token)
    expire()
    return [token[:2], before, attempt(lambda: ask(token=token))["text"], ask(fresh(credential))]


def fresh(credential):
    """The same credential, as it is in another process."""
    return type(credential)(*credential.again[0], **credential.again[1])


def again(kind, *arguments, **more):
    credential = kind(*arguments, **more)
    credential.again = (arguments, more)
    return credential


def with_environment(variables, wanted):
    os.environ.update(variables)
    try:
        return wanted()
    finally:
        for name in variables:
            del os.environ[name]


@case
def by_secret():
    return used_up(again(ClientSecretCredential, TENANT, CLIENT, "entra-touchstone", **HERE))


@case
def by_assertion():
    return used_up(again(ClientAssertionCredential, TENANT, CLIENT, identity, **HERE))


@case
def by_workload():
    with tempfile.NamedTemporaryFile("w") as file:
        file.write(identity())
        file.flush()
        known = {"tenant_id": TENANT, "client_id": CLIENT, "token_file_path": file.name}
        return used_up(again(WorkloadIdentityCredential, **known, **HERE))


@case
def by_machine():
    variables = {"AZURE_POD_IDENTITY_AUTHORITY_HOST": f"{base}/azure-imds"}
    return with_environment(variables, lambda: used_up(again(ManagedIdentityCredential)))


@case
def by_chosen_identity():
    variables = {"AZURE_POD_IDENTITY_AUTHORITY_HOST": base}
    return with_environment(variables, lambda: used_up(again(ManagedIdentityCredential, client_id=CLIENT)))


@case
def by_app_service():
    variables = {"IDENTITY_ENDPOINT": f"{base}/azure-imds/msi/token", "IDENTITY_HEADER": "azure-imds-touchstone"}
    return with_environment(variables, lambda: used_up(again(ManagedIdentityCredential)))


@case
def found_by_itself():
    known = {"AZURE_TENANT_ID": TENANT, "AZURE_CLIENT_ID": CLIENT, "AZURE_CLIENT_SECRET": "entra-touchstone"}
    return with_environment(known, lambda: ask(DefaultAzureCredential(**HERE)))


@case
def by_its_own_host():
    """Nothing is changed but the proxy: Microsoft's own host, its discovery and its certificate."""
    proxied = {"HTTPS_PROXY": base, "NO_PROXY": "127.0.0.1"}
    credential = ClientSecretCredential("touchstone.onmicrosoft.com", CLIENT, "entra-touchstone")
    return with_environment(proxied, lambda: ask(token=credential.get_token(SCOPE).token))


@case
def refused():
    def told(credential, scope=SCOPE):
        return attempt(lambda: credential.get_token(scope))

    def machine(**more):
        variables = {"AZURE_POD_IDENTITY_AUTHORITY_HOST": f"{base}/azure-imds"}
        return with_environment(variables, lambda: told(ManagedIdentityCredential(**more)))

    def asserted(**more):
        return told(ClientAssertionCredential(TENANT, CLIENT, lambda: identity(**more), **HERE))

    return {
        "secret": told(secret(secret="wrong")),
        "client": told(secret(client="7e57ab1e-0000-4000-8000-0000000000ff")),
        "tenant": told(secret(tenant="7e57ab1e-0000-4000-8000-0000000000ff")),
        "scope": told(secret(), "https://cognitiveservices.azure.com/read"),
        "resource": told(secret(), "https://nobody.example/.default"),
        "assertion": told(ClientAssertionCredential(TENANT, CLIENT, lambda: "opaque", **HERE)),
        "audience": asserted(audience="sts.amazonaws.com"),
        "subject": asserted(subject="system:serviceaccount:default:other"),
        "late": asserted(seconds=0),
        "machine": machine(client_id="7e57ab1e-0000-4000-8000-0000000000ff"),
        "elsewhere": attempt(lambda: ask(secret(), scope="https://graph.microsoft.com/.default")),
        "key": attempt(lambda: ask(token="eyinvented")),
    }


run()
