"""Google's Python clients with access tokens that hold for a time. Argument: where the mocks are, without a path."""

import datetime
import json
import os
import sys
import urllib.request

base = sys.argv[1]
host = base.removeprefix("http://")
# Read when the library is imported.
os.environ.update({"GCE_METADATA_HOST": f"{host}/google-metadata", "GCE_METADATA_IP": f"{host}/google-metadata"})

import google.auth  # noqa: E402
from google import genai  # noqa: E402
from google.auth import compute_engine, jwt  # noqa: E402
from google.auth.transport.requests import AuthorizedSession, Request  # noqa: E402
from google.oauth2 import credentials as users  # noqa: E402
from google.oauth2 import service_account  # noqa: E402
from shared import attempt, case, run  # noqa: E402

PLATFORM = "https://www.googleapis.com/auth/cloud-platform"
KEY = json.loads(urllib.request.urlopen(f"{base}/__mock/google-service-account").read())


def account(scopes=(PLATFORM,), **changes):
    return service_account.Credentials.from_service_account_info({**KEY, **changes}, scopes=scopes)


def client(credentials):
    return genai.Client(
        vertexai=True,
        project="touchstone-project",
        location="us-central1",
        credentials=credentials,
        http_options=genai.types.HttpOptions(base_url=f"{base}/vertex", retry_options=genai.types.HttpRetryOptions(attempts=1)),
    )


def ask(credentials):
    # It closes its connections when nobody holds it any more.
    held = client(credentials)
    return held.models.generate_content(model="gemini-2.5-flash", contents="[[text]]").text


def expire():
    urllib.request.urlopen(urllib.request.Request(f"{base}/__mock/tokens", method="DELETE"))


def with_token(credentials):
    credentials.refresh(Request())
    return credentials


class Held(users.Credentials):
    """A token that the client believes in."""

    def __init__(self, token):
        super().__init__(token)


def used_up(credentials):
    """The text, and what a client that does not know of the expiry is told afterwards."""
    token = with_token(credentials).token
    before = ask(Held(token))
    expire()
    return [token[:5], before, attempt(lambda: ask(Held(token)))["text"]]


@case
def of_account():
    return used_up(account())


@case
def of_machine():
    return used_up(compute_engine.Credentials())


@case
def of_user():
    user = users.Credentials(
        None,
        refresh_token="1//touchstone-refresh-token",
        token_uri=f"{base}/google-oauth/token",
        client_id="touchstone.apps.googleusercontent.com",
        client_secret="touchstone-client-secret",
    )
    return used_up(user)


@case
def renewed():
    """An hour is over: the client fetches a new token by itself. It does so some minutes before, so these hold for less."""
    credentials = with_token(account())
    first = credentials.token
    credentials.expiry = datetime.datetime.now(datetime.timezone.utc).replace(tzinfo=None)
    reply = AuthorizedSession(credentials).get(f"{base}/vertex/v1beta1/publishers/google/models/gemini-2.5-flash")
    return [first != credentials.token, reply.status_code]


@case
def found_by_itself():
    credentials, project = google.auth.default(scopes=[PLATFORM])
    return [type(credentials).__module__, project, ask(credentials)]


@case
def elsewhere():
    """An access token opens the Gemini API too."""
    token = with_token(account()).token
    body = json.dumps({"contents": [{"role": "user", "parts": [{"text": "[[text]]"}]}]}).encode()
    headers = {"authorization": f"Bearer {token}", "content-type": "application/json"}
    url = f"{base}/gemini/v1beta/models/gemini-2.5-flash:generateContent"
    reply = urllib.request.urlopen(urllib.request.Request(url, body, headers))
    return json.load(reply)["candidates"][0]["content"]["parts"][0]["text"]


@case
def identities():
    of_account = service_account.IDTokenCredentials.from_service_account_info(KEY, target_audience="https://a.example")
    of_machine = compute_engine.IDTokenCredentials(Request(), "https://a.example", use_metadata_identity_endpoint=True)
    told = [jwt.decode(with_token(one).token, verify=False) for one in (of_account, of_machine)]
    return [[claims["aud"], claims["email"], claims["iss"]] for claims in told]


@case
def machine():
    credentials = compute_engine.Credentials()
    credentials.refresh(Request())
    return [credentials.service_account_email, credentials.universe_domain, credentials.scopes]


@case
def refused():
    def refresh(credentials):
        return attempt(lambda: credentials.refresh(Request()))

    late = datetime.timedelta(hours=3)
    stale = account()
    made = stale._make_authorization_grant_assertion

    def assertion():
        claims = jwt.decode(made(), verify=False)
        claims["exp"] -= int(late.total_seconds())
        claims["iat"] -= int(late.total_seconds())
        return jwt.encode(stale._signer, claims)

    stale._make_authorization_grant_assertion = assertion
    narrow = account(scopes=["https://www.googleapis.com/auth/devstorage.read_only"])
    return {
        "unknown": refresh(account(client_email="nobody@nowhere.iam.gserviceaccount.com")),
        "key": refresh(account(private_key=other_key())),
        "stale": refresh(stale),
        "scope": refresh(account(scopes=["everything"])),
        "narrow": attempt(lambda: ask(narrow)),
        "invented": attempt(lambda: ask(Held("ya29.invented"))),
    }


def other_key():
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    form = serialization.PrivateFormat.PKCS8
    return key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption()).decode()


run()
