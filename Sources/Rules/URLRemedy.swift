/// What to type against a URL that somebody else chose, in the language of its reader.
enum URLRemedy {
    static func help(isRedirect: Bool, inPython isPython: Bool) -> String {
        if isRedirect {
            return
                "Redirect to paths of your own and to hosts that a list names; where sending people elsewhere is what the page is for, let only http and https pass."
        }
        let careless = isPython ? "`AnyUrl` and `urlparse` let any scheme pass, `HttpUrl` does not" : "`new URL(x)` and `z.string().url()` let any scheme pass"
        return
            "Let only http, https, mailto and tel pass, at every write on the server (422 otherwise) and once more where it is shown, for rows that are there already; \(careless)."
    }

    static func code(isRedirect: Bool, inPython isPython: Bool) -> String {
        switch (isRedirect, isPython) {
        case (false, false):
            """
            const safeHref = (url) => {
              try { return ['http:', 'https:', 'mailto:', 'tel:'].includes(new URL(url).protocol) ? url : null; } catch { return null; }
            };
            """
        case (false, true):
            """
            def safe_href(url):
                return url if urlsplit(url.strip()).scheme in {"http", "https", "mailto", "tel"} else None
            """
        case (true, false):
            """
            const safeTarget = (url, origin) => {
              try { const to = new URL(url, origin); return to.origin === origin || ALLOWED_HOSTS.has(to.host) ? to.href : '/'; } catch { return '/'; }
            };
            """
        case (true, true):
            """
            def safe_target(url):
                to = urlsplit(urljoin(BASE_URL, url))
                return to.geturl() if to.scheme in {"http", "https"} and to.netloc in ALLOWED_HOSTS else "/"
            """
        }
    }
}
