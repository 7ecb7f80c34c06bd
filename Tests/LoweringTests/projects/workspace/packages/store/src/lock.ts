import { mutex } from './mutex';

export async function underLock(userId: string, work: () => Promise<number>) {
  return mutex.runExclusive(work);
}
