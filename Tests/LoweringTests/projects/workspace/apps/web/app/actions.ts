'use server';
import * as store from '@shop/store';
import { exclusively } from '@shop/store';

export async function spend(userId: string, amount: number) {
  const balance = await store.balanceOf(userId);
  if (balance < amount) throw new Error('too little');
  await store.setBalance(userId, balance - amount);
}

export async function spendUnderLock(userId: string, amount: number) {
  return exclusively(userId, async () => {
    const balance = await store.balanceOf(userId);
    if (balance < amount) throw new Error('too little');
    await store.setBalance(userId, balance - amount);
    return balance - amount;
  });
}
