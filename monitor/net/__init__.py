"""HTTP client: the only package that opens outgoing connections to sites.

Start with `fetch`, which the workers call; `http_client` sends one request, `session` and
`connector` build what it is sent on, `ssrf_guard` opens the sockets.
"""
