import { eq } from 'drizzle-orm';
import { db } from './db';
import { wallets } from './schema';

export const balanceOf = async (userId: string) => {
  const [wallet] = await db.select().from(wallets).where(eq(wallets.userId, userId));
  return wallet.balance;
};

export const setBalance = (userId: string, balance: number) => db.update(wallets).set({ balance }).where(eq(wallets.userId, userId));
