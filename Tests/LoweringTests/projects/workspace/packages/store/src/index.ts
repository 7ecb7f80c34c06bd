export * from './wallets';
export { underLock as exclusively } from './lock';
