#!/usr/bin/env python3
"""The week in Markdown: new posts by persona, syncs that failed, and what is left of the credits.

    REELMARK_URL=https://reelmark.example.com/api REELMARK_TOKEN=rm_... python3 weekly_report.py --days 7

Scopes: brands:read, personas:read, sources:read, billing:read. Needs nothing but Python 3.9.
"""

import argparse
import json
import os
import sys
import time
from collections import defaultdict
from datetime import datetime, timedelta, timezone
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

URL = os.environ.get("REELMARK_URL", "http://127.0.0.1:4010/api").rstrip("/")
TOKEN = os.environ.get("REELMARK_TOKEN", "anything")
TRIES = 4


def get(path, **query):
    """One answer as JSON. Waits and asks again where the server says that it may go better later."""
    url = f"{URL}{path}?{urlencode(query)}" if query else f"{URL}{path}"
    request = Request(url, headers={"Authorization": f"Bearer {TOKEN}", "Accept": "application/json"})
    for tried in range(1, TRIES + 1):
        try:
            with urlopen(request, timeout=30) as response:
                return json.load(response)
        except HTTPError as refusal:
            if refusal.code not in (429, 502, 503) or tried == TRIES:
                sys.exit(f"GET {path}: {said(refusal)}")
            after = refusal.headers.get("Retry-After", "")
            time.sleep(int(after) if after.isdigit() else 2**tried)
        except URLError as error:
            sys.exit(f"GET {path}: no answer of {URL}: {error.reason}")


def said(refusal):
    """What an error says: its code, its message, and the id by which the server's log knows it."""
    try:
        error = json.load(refusal)["error"]
        return f"{refusal.code} {error['code']}: {error['message']} ({error['request_id']})"
    except (ValueError, KeyError, TypeError):
        return f"{refusal.code}, and no words of the API"


def every(path, **query):
    """Every item of a list, by cursor: nothing is skipped or repeated when the list changes meanwhile."""
    query["limit"] = 100
    while True:
        page = get(path, **query)
        yield from page["data"]
        if not page["next_cursor"]:
            return
        query["cursor"] = page["next_cursor"]


def report(days):
    now = datetime.now(timezone.utc)
    since = (now - timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%SZ")
    posts, failed = defaultdict(list), defaultdict(list)
    for post in every("/v1/source-posts", published_since=since):
        posts[post["persona_id"]].append(post)
    for job in every("/v1/sync-jobs", status="failed"):
        if job["created_at"] >= since:
            failed[job["persona_id"]].append(job)
    personas = defaultdict(list)
    for persona in every("/v1/personas", status="active"):
        personas[persona["brand_id"]].append(persona)

    yield f"# The {days} days to {now:%d %B %Y}"
    for brand in every("/v1/brands", status="active"):
        yield f"\n## {brand['name']}\n"
        for persona in personas[brand["id"]]:
            new, bad = posts[persona["id"]], failed[persona["id"]]
            yield f"- **{persona['name']}**: {len(new)} new posts" + (f", {len(bad)} syncs failed" if bad else "")
            for post in new[:3]:
                yield f"  - {post['title'] or '(untitled)'}"
        if not personas[brand["id"]]:
            yield "No personas yet."
    balance = get("/v1/billing/balance")
    yield f"\nCredits: {balance['available']} left, {balance['spent_this_month']} spent this month."


if __name__ == "__main__":
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--days", type=int, default=7, help="how far back, in days (7)")
    for line in report(options.parse_args().days):
        print(line)
