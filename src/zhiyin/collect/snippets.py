"""What a developer pastes to begin sending: unmodified SDKs, our address, the source's key."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True)
class Snippet:
    """Code in one language; `title` is what it is for."""

    name: str
    title: str | Promise
    code: str


def snippets(address: str, key: str) -> list[Snippet]:
    """For an installation at `address` (scheme and host) and a write key."""
    parts = urlsplit(address)
    return [
        Snippet(made.name, made.title, _filled(made.code, address, parts.netloc, parts.scheme, key))
        for made in _ALL
    ]


def _filled(code: str, address: str, host: str, scheme: str, key: str) -> str:
    for name, value in (("ADDRESS", address), ("HOST", host), ("SCHEME", scheme), ("KEY", key)):
        code = code.replace(f"{{{name}}}", value)
    return code


_ALL = (
    Snippet("ours", _("Browser, our own library (under 3 kB)"), """\
<script>
  window.zhiyin = window.zhiyin || function () { (zhiyin.q = zhiyin.q || []).push(arguments) }
</script>
<script async src="{ADDRESS}/v1/zhiyin.js" data-key="{KEY}"></script>
<script>
  zhiyin("track", "Product Viewed", { product_id: "T-1", price: 19.9, currency: "CNY" })
</script>
"""),
    Snippet("browser", _("Browser, with Segment's library"), """\
// npm install @segment/analytics-next
import { AnalyticsBrowser } from '@segment/analytics-next';

const analytics = AnalyticsBrowser.load(
  { writeKey: '{KEY}', cdnURL: '{ADDRESS}' },
  { integrations: { 'Segment.io': { apiHost: '{HOST}/v1', protocol: '{SCHEME}' } } },
);
analytics.page();
analytics.track('Product Viewed', { product_id: 'T-1', price: 19.9, currency: 'CNY' });
"""),
    Snippet("python", "Python", """\
# pip install segment-analytics-python
import segment.analytics as analytics

analytics.write_key = "{KEY}"
analytics.host = "{ADDRESS}"
analytics.identify("1001", {"name": "Ann Lee", "email": "ann@example.com"})
analytics.track("1001", "Order Completed", {
    "order_id": "A7", "currency": "CNY",
    "products": [{"sku": "T-1", "price": 19.9, "quantity": 2}],
})
analytics.flush()
"""),
    Snippet("node", "Node", """\
// npm install @segment/analytics-node
import { Analytics } from '@segment/analytics-node';

const analytics = new Analytics({ writeKey: '{KEY}', host: '{ADDRESS}' });
analytics.track({
  userId: '1001',
  event: 'Order Completed',
  properties: { order_id: 'A7', currency: 'CNY',
                products: [{ sku: 'T-1', price: 19.9, quantity: 2 }] },
});
await analytics.closeAndFlush();
"""),
    Snippet("curl", "curl", """\
curl {ADDRESS}/v1/track -u {KEY}: -d '{
  "userId": "1001", "event": "Product Viewed", "messageId": "first-1",
  "properties": {"product_id": "T-1", "price": 19.9, "currency": "CNY"}
}'
"""),
)  # fmt: skip
