import mysql from 'mysql2/promise';

export class Wallets {
  private cache = new Map();
  constructor(private readonly db: mysql.Pool) {}

  async balance(id: string): Promise<number> {
    const [rows] = await this.db.execute('SELECT balance FROM wallets WHERE id = ?', [id]);
    return rows[0].balance;
  }

  async spend(id: string, amount: number) {
    if ((await this.balance(id)) < amount) throw new Error('insufficient');
    const [result] = await this.db.execute('UPDATE wallets SET balance = balance - ? WHERE id = ? AND balance >= ?', [amount, id, amount]);
    return result.affectedRows === 1;
  }

  handler = async (event) => {
    await this.spend(event.id, 1);
  };

  static {
    register(Wallets);
  }
}
