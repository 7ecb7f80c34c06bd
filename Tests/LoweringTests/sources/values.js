const { createClient } = require('@supabase/supabase-js');
const supabase = createClient(process.env.URL, process.env.KEY);
const TABLE = 'things', LIMIT = 10 * 5;
const BASE = `SELECT id FROM ${TABLE}`;

module.exports.destructure = async function (req, res) {
  const { id, nested: { name = 'x' }, ...others } = req.body;
  const [first, , third] = await Promise.all([
    supabase.from('a').select('id').eq('id', id).single(),
    supabase.from('b').select('*', { count: 'exact', head: true }),
    supabase.from(TABLE).select(),
  ]);
  const update = { name, ...others };
  update.touched = new Date();
  let query = supabase.from('c').update(update);
  if (first.data) query = query.eq('id', first.data.id);
  const { data, error } = await query.select();
  if (error) throw error;
  const total = third.data.reduce((sum, item) => sum + item.n, 0);
  await supabase.from('d').upsert([{ id, total }], { onConflict: 'id, kind', ignoreDuplicates: true });
  await supabase.from('e').delete().or('a.eq.1,b.is.null').not('c', 'is', null).filter('d', 'gt', 5).match({ f: 1 });
  res.json({ data, over: total > LIMIT });
};

exports.concatenated = async (pool, status, ids) => {
  let sql = 'SELECT * FROM orders' + ' WHERE status = ' + status;
  if (ids) sql += ' AND id = ANY($1)';
  return pool.query(sql, [ids]);
};
