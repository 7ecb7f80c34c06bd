const router = require('express').Router();
const query = require('./queries');
const { wrap } = require('./wrap');

router.post('/orders/:id/cancel', wrap(async (req, res) => {
  const order = await query.orders.find({ id: req.params.id });
  if (order.status === 'shipped') return res.sendStatus(409);
  await query.orders.update(order.id, { status: 'cancelled' });
  res.json(order);
}));

module.exports = router;
