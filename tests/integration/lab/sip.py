# SPDX-License-Identifier: LGPL-2.1-or-later
"""SIP messages, SDP and digest for the test client. Pure functions; it trusts what it parses,
because it talks to the program under test only. No dialog state: see ua.py."""
import hashlib
import re

COMPACT = {"v": "via", "f": "from", "t": "to", "i": "call-id", "m": "contact", "l": "content-length",
           "c": "content-type", "k": "supported", "e": "content-encoding"}


class Message:
    """A parsed request (`method`, `uri`) or response (`status`, `reason`)."""

    def __init__(self, data):
        head, _, self.body = data.decode(errors="replace").partition("\r\n\r\n")
        first, *lines = re.sub(r"\r\n[ \t]+", " ", head).split("\r\n")
        words = first.split(" ", 2)
        self.method = self.uri = self.status = self.reason = None
        if words[0] == "SIP/2.0":
            self.status, self.reason = int(words[1]), words[2] if len(words) > 2 else ""
        else:
            self.method, self.uri = words[0], words[1]
        self.headers = []
        for line in lines:
            name, _, value = line.partition(":")
            name = name.strip().lower()
            self.headers.append((COMPACT.get(name, name), value.strip()))

    def all(self, name):
        return [value for key, value in self.headers if key == name]

    def get(self, name, default=""):
        return next(iter(self.all(name)), default)

    @property
    def cseq(self):
        number, method = self.get("cseq").split()
        return int(number), method

    def tag(self, header):
        found = re.search(r";\s*tag=([^;\s]+)", self.get(header))
        return found.group(1) if found else ""

    def branch(self):
        found = re.search(r";\s*branch=([^;\s,]+)", self.get("via"))
        return found.group(1) if found else ""


def build(first, headers, body=""):
    lines = [first] + [f"{name}: {value}" for name, value in headers]
    lines.append(f"Content-Length: {len(body)}")
    return ("\r\n".join(lines) + "\r\n\r\n" + body).encode()


def host(ip):
    """An address as URIs and Via have it."""
    return f"[{ip}]" if ":" in ip else ip


def uri_of(header):
    found = re.search(r"<([^>]*)>", header)
    return found.group(1) if found else header.split(";")[0].strip()


def md5(text):
    return hashlib.md5(text.encode()).hexdigest()


def authorize(challenges, method, uri, user, password):
    """An Authorization value for the first MD5 challenge (RFC 2617, or 7616 with qop=auth)."""
    for challenge in challenges:
        fields = {key.lower(): value.strip('"') for key, value in
                  re.findall(r'(\w+)\s*=\s*("[^"]*"|[^\s,]+)', challenge)}
        if fields.get("algorithm", "MD5").upper() != "MD5":
            continue
        ha1 = md5(f"{user}:{fields['realm']}:{password}")
        ha2 = md5(f"{method}:{uri}")
        out = {"username": user, "realm": fields["realm"], "nonce": fields["nonce"], "uri": uri}
        if "opaque" in fields:
            out["opaque"] = fields["opaque"]
        quoted = ", ".join(f'{key}="{value}"' for key, value in out.items())
        if "qop" in fields:
            response = md5(f"{ha1}:{fields['nonce']}:00000001:c0ffee:auth:{ha2}")
            return f'Digest {quoted}, algorithm=MD5, qop=auth, nc=00000001, cnonce="c0ffee", ' \
                   f'response="{response}"'
        return f'Digest {quoted}, algorithm=MD5, response="{md5(":".join((ha1, fields["nonce"], ha2)))}"'
    return None


def parse_sdp(text):
    """A list of {kind, port, ip, formats, direction, rtcp, lines}, one per m-line."""
    media, ip, direction = [], None, "sendrecv"
    for line in text.replace("\r", "").split("\n"):
        key, _, value = line.partition("=")
        if key == "m":
            kind, port, _, *formats = value.split()
            media.append({"kind": kind, "port": int(port), "ip": ip, "formats": [int(f) for f in formats],
                          "direction": direction, "rtcp": None, "lines": [], "rtpmap": {}})
        elif key == "c":
            address = value.split()[2]
            if media:
                media[-1]["ip"] = address
            else:
                ip = address
        elif key == "a" and value in ("sendrecv", "sendonly", "recvonly", "inactive"):
            if media:
                media[-1]["direction"] = value
            else:
                direction = value
        elif key == "a" and media:
            media[-1]["lines"].append(value)
            if value.startswith("rtpmap:"):
                pt, name = value[7:].split(" ", 1)
                media[-1]["rtpmap"][int(pt)] = name
            elif value.startswith("rtcp:"):
                media[-1]["rtcp"] = int(value[5:].split()[0])
    return media
