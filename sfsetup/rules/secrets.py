"""Secrets in clear text: what looks like one, and how to speak of it without showing it.

Order of judgement: what the field is called, then the shapes of well-known tokens, and randomness only together with a
name. A value is never part of a message: kind, length and a keyed fingerprint are. The key is new for each report, so
that the fingerprint shows where the same value stands and tells nothing to somebody who guesses values.
Source of the order and of the exceptions: reference 'audit rules', section 6.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import math
import re
from collections import Counter

from sfsetup.model.finding import Confidence
from sfsetup.values import dataclass

_EDGE = r"(?<![A-Za-z0-9_])"

# needles, looked for first because that is fast; then prefix and alphabet as the vendors document them, anchored, so
# that words which merely contain a prefix stay silent
_SHAPES: tuple[tuple[str, tuple[str, ...], re.Pattern[str]], ...] = tuple(
    (kind, needles, re.compile(_EDGE + pattern))
    for kind, needles, pattern in (
        ("private key", ("PRIVATE KEY",), r"-----BEGIN (?:RSA |EC |OPENSSH |ENCRYPTED )?PRIVATE KEY-----"),
        ("AWS access key id", ("AKIA", "ASIA"), r"A(?:KIA|SIA)[0-9A-Z]{16}(?![0-9A-Za-z])"),
        ("Slack token", ("xox",), r"xox[abeoprs]-[0-9A-Za-z-]{10,}"),
        ("Slack webhook", ("hooks.slack",), r"hooks\.slack\.com/services/T[0-9A-Z]+/B[0-9A-Z]+/[0-9A-Za-z]{12,}"),
        ("GitHub token", ("ghp_", "gho_", "ghu_", "ghs_", "ghr_"), r"gh[pousr]_[0-9A-Za-z]{20,}"),
        ("GitHub token", ("github_pat_",), r"github_pat_[0-9A-Za-z_]{22,}"),
        ("GitLab token", ("glpat-",), r"glpat-[0-9A-Za-z_-]{20,}"),
        ("Google API key", ("AIza",), r"AIza[0-9A-Za-z_-]{35}"),
        ("Google access token", ("ya29.",), r"ya29\.[0-9A-Za-z_-]{20,}"),
        ("Stripe key", ("k_live_", "k_test_"), r"[rs]k_(?:live|test)_[0-9A-Za-z]{16,}"),
        ("SendGrid key", ("SG.",), r"SG\.[0-9A-Za-z_-]{16,}\.[0-9A-Za-z_-]{16,}"),
        ("Anthropic key", ("sk-ant-",), r"sk-ant-[0-9A-Za-z_-]{16,}"),
        # a digit is asked for: `sk-` also begins words and labels
        ("OpenAI key", ("sk-",), r"sk-(?=[A-Za-z_-]{0,200}[0-9])(?:proj-|svcacct-)?[0-9A-Za-z_-]{20,}"),
        ("Hugging Face token", ("hf_",), r"hf_[0-9A-Za-z]{30,}"),
        ("Twilio key", ("SK",), r"SK[0-9a-f]{32}(?![0-9a-f])"),
        ("Salesforce session id", ("00D",), r"00D[0-9A-Za-z]{12,15}![0-9A-Za-z._]{40,}"),
        ("Salesforce auth URL", ("force://",), r"force://[^@\s:]{0,300}:[^@\s:]{0,300}:[^@\s]{1,1000}@"),
    )
)
_ANY_NEEDLE = re.compile("|".join(sorted({re.escape(each) for _, needles, _ in _SHAPES for each in needles})))
_BEARER = re.compile(r"(?i)(?<![A-Za-z0-9_])(?:bearer|basic)\s+(?=[^\s]*[0-9])([A-Za-z0-9._~+/=-]{16,})")
_JWT = re.compile(_EDGE + r"(eyJ[0-9A-Za-z_-]{10,})\.([0-9A-Za-z_-]{10,})\.[0-9A-Za-z_-]{10,}")

_SECRET_NAME = re.compile(
    r"(?i)(api[_\s-]?key|app[_\s-]?key|access[_\s-]?key|secret|token|passw|passphrase|private[_\s-]?key|pwd$"
    r"|client[_\s-]?secret|^authorization$|authorization[_\s-]?header|auth[_\s-]?key|subscription[_\s-]?key"
    r"|signing[_\s-]?key|bearer)"
)
# names that speak about a secret instead of holding one: TokenUrl__c, Secret_Name__c, apsecrets__NamedCredential__c
_ABOUT_SECRET = re.compile(
    r"(?i)(url|uri|endpoint|host|path|name|label|named_?credential\w*|type|id|scope|header|field|param(?:eter)?"
    r"|expir\w*|length|limit|count|max|min|ttl|enabled|required|prefix|format|date|time|tokens|description|status"
    r"|provider|mode|policy|version)(?:__c)?$"
)
_BENIGN_HEADERS = frozenset(
    {
        "accept",
        "accept-charset",
        "accept-encoding",
        "accept-language",
        "api-version",
        "cache-control",
        "charset",
        "connection",
        "content-language",
        "content-type",
        "from",
        "host",
        "idempotency-key",
        "notion-version",
        "origin",
        "prefer",
        "referer",
        "user-agent",
        "x-api-version",
        "x-requested-with",
    }
)
_MERGE = ("{!", "$Credential", "{{", "${", "{0}", "$Label.", "$Setup.", "$CustomMetadata.")
_PLACEHOLDER = re.compile(
    r"(?ix)^(?: [*x.•-]{3,} | <[^>]*> | \[[^\]]*\] | %[a-z_]+% | __\w+__ |"
    r"(?:your|my|the|some|insert|enter|put|add|replace|paste|change|use)[\s_-]?\w*(?:[\s_-].*)? |"
    r"(?:.*[\s_-])?(?:redacted|hidden|changeme|change[_-]me|placeholder|example|sample|dummy|fake|todo|tbd|masked"
    r"|removed|secret[_-]?here|goes[_-]?here|hidden_by_sfdx_hardis)(?:[\s_-].*)? |"
    r"none|null|nil|n/a|na|empty|undefined|true|false|yes|no|test|testing|password|passw0rd|secret|token|api[_-]?key"
    r"|bearer|basic|string|text|value|default|abc|abc123|foo|bar|12345\d*"
    r")$"
)
_SALESFORCE_ID = re.compile(r"^[0-9A-Za-z]{15}(?:[0-9A-Za-z]{3})?$")
_LONGEST_STAND_IN = 300
_MIN_LENGTH = 6
_MIN_ENTROPY = 3.0
"""Bits per character: hex keys have about 3.7, words about 2.5 to 3."""


@dataclass(frozen=True, slots=True)
class Suspicion:
    """Why a value looks like a secret. Does not hold the value."""

    kind: str
    length: int
    mark: str
    """Keyed fingerprint, eight hex digits; equal values in one report have equal marks."""
    confidence: Confidence = Confidence.HIGH
    placeholder: bool = False
    """The field is for a secret and holds a stand-in such as `changeme`."""

    def __str__(self) -> str:
        if self.placeholder:
            return f"{self.kind}: a placeholder of {self.length} characters"
        return f"{self.kind}, {self.length} characters, fingerprint {self.mark}"


def mark(value: str, key: bytes) -> str:
    """Keyed fingerprint of a value: HMAC-SHA-256, first eight hex digits."""
    return hmac.new(key, value.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()[:8]


def suspect(value: str | None, *, key: bytes, name: str | None = None) -> Suspicion | None:
    """What a value looks like; None for nothing to worry about. `name`: the field, parameter or header it stands in."""
    text = (value or "").strip()
    if not text or (name is not None and name.strip().lower() in _BENIGN_HEADERS):
        return None
    kind = token_kind(text)
    if kind is not None:
        return Suspicion(kind, len(text), mark(text, key))
    if name is None or not is_secret_name(name):
        return None
    return _by_name(text, key)


def token_kind(text: str) -> str | None:
    """The kind of a well-known token anywhere in a text; None if there is none."""
    for kind, needles, pattern in _SHAPES if _ANY_NEEDLE.search(text) else ():
        if any(needle in text for needle in needles):
            found = pattern.search(text)
            if found is not None and not _is_stand_in(found.group()):
                return kind
    found = _BEARER.search(text) if "earer" in text or "asic" in text else None
    if found is not None and not _has_merge(text) and not _is_stand_in(found.group(1)):
        return "authorization value"
    found = _JWT.search(text) if "eyJ" in text else None
    if found is not None and _is_jwt_header(found.group(1)):
        return "JSON web token"
    return None


# what may hide letters of a token from a look at bytes: references, comments, sections, instructions, other encodings
_HIDING = (b"&#", b"<!--", b"<![", b"<!D", b"\x00")
_ENCODING = re.compile(rb"\A[^>]{0,80}encoding\s*=\s*[\"'](?!(?i:utf-?8|us-ascii|iso-8859-1|windows-1252)[\"'])")
_NAME_SIGNS = (b"secret", b"token", b"passw", b"passphrase", b"pwd", b"authoriz", b"bearer")
_KEY_NAME = re.compile(
    rb"(?:api|app|access|private|auth|subscription|signing)(?:[_\s-]|[\x80-\xff]{1,3})?key", re.IGNORECASE
)
_BYTE_SHAPES = tuple(
    (tuple(needle.encode() for needle in needles), re.compile(pattern.pattern.encode()))
    for _kind, needles, pattern in (
        *_SHAPES,
        ("", ("earer", "asic"), _BEARER),
        ("", ("eyJ",), _JWT),
    )
)


def may_hold_secret(data: bytes) -> bool:
    """False for a file in which `suspect` would find nothing, whatever text of it is asked about.

    A look at the bytes: thirty times faster than taking the texts out of the file. True where in doubt.
    """
    if any(sign in data for sign in _HIDING) or data.find(b"<?", 5) != -1 or _ENCODING.match(data):
        return True
    lowered = data.lower()
    if any(sign in lowered for sign in _NAME_SIGNS) or (b"key" in lowered and _KEY_NAME.search(lowered)):
        return True
    return any(
        any(needle in data for needle in needles) and pattern.search(data) is not None
        for needles, pattern in _BYTE_SHAPES
    )


def is_secret_name(name: str) -> bool:
    """True for a field, parameter or header whose name says that it holds a secret."""
    words = name.rsplit(".", 1)[-1]
    return _SECRET_NAME.search(words) is not None and _ABOUT_SECRET.search(words) is None


def is_placeholder(text: str) -> bool:
    """True for `changeme`, `***`, `<your key>` and their like, and for any merge field."""
    text = text.strip()
    return _has_merge(text) or (len(text) <= _LONGEST_STAND_IN and _PLACEHOLDER.match(text) is not None)


_COVERED = re.compile(r"[*xX.•]{3,}")
_SEPARATORS = re.compile(r"[\s_-]+")
_MASKED = frozenset({"redacted", "masked", "hidden", "removed"})


def is_masked(text: str) -> bool:
    """True for `REDACTED`, `***` and their like: there was a value, and somebody covered it in this copy."""
    text = text.strip()
    if _COVERED.fullmatch(text):
        return True
    if len(text) > _LONGEST_STAND_IN:
        return False
    words = _SEPARATORS.split(text.lstrip("[<(").rstrip("])>"))
    return all(word.isalnum() for word in words) and not _MASKED.isdisjoint(word.lower() for word in words)


def is_salesforce_id(text: str) -> bool:
    """True for an 18-character record id whose check characters are right, or a 15-character one with a digit in front.

    Source of the check: the last three characters encode which of the fifteen letters are capitals, five bits each.
    """
    if _SALESFORCE_ID.match(text) is None or not (text[0].isdigit() or text[1].isdigit()):
        return False
    if len(text) == 15:
        return any(character.isdigit() for character in text[3:]) and text[5:8] == "000"
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
    groups = (text[start : start + 5] for start in (0, 5, 10))
    check = "".join(alphabet[sum(char.isupper() << bit for bit, char in enumerate(group))] for group in groups)
    return check == text[15:].upper()


def _by_name(text: str, key: bytes) -> Suspicion | None:
    if _has_merge(text) or text.startswith(("http://", "https://", "callout:")) or is_salesforce_id(text):
        return None
    if is_placeholder(text):
        return Suspicion("value of a field for secrets", len(text), "", Confidence.MEDIUM, placeholder=True)
    if len(text) < _MIN_LENGTH or text.count(" ") > 1:
        return None
    sure = len(text) >= 12 and " " not in text and _entropy(text) >= _MIN_ENTROPY and _is_mixed(text)
    confidence = Confidence.HIGH if sure else Confidence.MEDIUM
    return Suspicion("value of a field for secrets", len(text), mark(text, key), confidence)


def _has_merge(text: str) -> bool:
    return any(sign in text for sign in _MERGE)


_STAND_IN = re.compile(r"(?i)x{6,}|your|example|placeholder|redacted|0123456789abcdef|\.\.\.")


def _is_stand_in(token: str) -> bool:
    """Tokens of documentation: one repeated character, or a tail that says so."""
    tail = re.sub(r"^[A-Za-z]+[-_.]", "", token)
    return len(set(tail)) <= 3 or _STAND_IN.search(token) is not None


def _is_mixed(text: str) -> bool:
    return any(character.isdigit() for character in text) or (text.lower() != text and text.upper() != text)


def _is_jwt_header(part: str) -> bool:
    # adaptive cards and other base64 JSON begin alike; only a header names its algorithm
    try:
        decoded = base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
    except (binascii.Error, ValueError):
        return False
    return b'"alg"' in decoded


def _entropy(text: str) -> float:
    total = len(text)
    return -sum(count / total * math.log2(count / total) for count in Counter(text).values())
