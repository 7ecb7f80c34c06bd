import type { Context } from 'hono';
import { verify } from 'hono/jwt';

export async function requireDevice(c: Context): Promise<{ deviceId: string; restaurantId: string }> {
  const payload = await verify(c.req.header('authorization')?.slice(7) ?? '', c.env.JWT_SECRET);
  return { deviceId: String(payload.sub), restaurantId: String(payload.restaurant) };
}
