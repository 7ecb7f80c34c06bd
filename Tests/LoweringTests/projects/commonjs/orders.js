const knex = require('knex')({ client: 'pg' });

exports.find = (match) => knex('orders').where(match).first();

exports.update = (id, changes) => knex('orders').where('id', id).update({ ...changes, updated_at: new Date() });
