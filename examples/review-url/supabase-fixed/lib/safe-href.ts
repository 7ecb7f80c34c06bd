const SCHEMES = ['http:', 'https:', 'mailto:', 'tel:'];

export function safeHref(url: string): string | null {
  if (url.length > 500) return null;
  try {
    return SCHEMES.includes(new URL(url).protocol) ? url : null;
  } catch {
    return null;
  }
}
