'use server';
import { Hono } from 'hono';

const app = new Hono();
app.post('/a', auth, async (c) => {
  const body = await c.req.json();
  await c.env.DB.batch([
    c.env.DB.prepare('INSERT INTO a (id) VALUES (?)').bind(body.id),
    c.env.DB.prepare('UPDATE b SET n = n + 1 WHERE id = ?').bind(body.id),
  ]);
  return c.json({});
});

export async function save(formData: FormData) {
  const name = formData.get('name');
  await db.transaction(async (tx) => tx.run(name));
}

export default {
  async fetch(request, env) {
    const row = await env.DB.prepare('SELECT n FROM a').first('n');
    return new Response(row);
  },
};

export const Form = ({ id }) => {
  const submit = useCallback(async () => {
    await supabase.from('forms').update({ status: 'sent' }).eq('id', id);
  }, [id]);
  return <form onSubmit={submit} action={async () => { await supabase.from('forms').delete().eq('id', id); }}><b>{id}</b></form>;
};
