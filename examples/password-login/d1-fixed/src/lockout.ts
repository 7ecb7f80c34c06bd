const WINDOW = 30 * 60 * 1000;

export async function isLocked(db: D1Database, restaurantId: string, email: string): Promise<boolean> {
  const row = await db.prepare('SELECT attempts FROM pw_failures WHERE restaurant_id = ? AND email_lc = ? AND window_start > ?')
    .bind(restaurantId, email.toLowerCase(), Date.now() - WINDOW)
    .first<{ attempts: number }>();
  return (row?.attempts ?? 0) >= 10;
}

// One statement counts, or begins again when the window is over.
export async function countFailure(db: D1Database, restaurantId: string, email: string): Promise<void> {
  const now = Date.now();
  await db.prepare(
    `INSERT INTO pw_failures (restaurant_id, email_lc, window_start, attempts, last_attempt) VALUES (?1, ?2, ?3, 1, ?3)
     ON CONFLICT (restaurant_id, email_lc) DO UPDATE SET
       attempts = CASE WHEN window_start > ?4 THEN attempts + 1 ELSE 1 END,
       window_start = CASE WHEN window_start > ?4 THEN window_start ELSE ?3 END,
       last_attempt = ?3`,
  ).bind(restaurantId, email.toLowerCase(), now, now - WINDOW).run();
}

export async function forget(db: D1Database, restaurantId: string, email: string): Promise<void> {
  await db.prepare('DELETE FROM pw_failures WHERE restaurant_id = ? AND email_lc = ?').bind(restaurantId, email.toLowerCase()).run();
}

// For a daily job.
export async function prune(db: D1Database): Promise<void> {
  await db.prepare('DELETE FROM pw_failures WHERE window_start < ?').bind(Date.now() - WINDOW).run();
}
