const { DataTypes, Model, Op } = require('sequelize');

const STATES = ['new', 'seen'];

module.exports = (sequelize) => {
  const Letter = sequelize.define(
    'letter',
    {
      id: { type: DataTypes.INTEGER, primaryKey: true, autoIncrement: true },
      stamp: { type: DataTypes.STRING, allowNull: false, unique: 'stamp_sender' },
      senderId: { type: DataTypes.INTEGER, field: 'sender_id', unique: 'stamp_sender' },
      state: DataTypes.ENUM('new', 'seen'),
      other: { type: DataTypes.ENUM, values: STATES, allowNull: false },
      third: { type: DataTypes.ENUM({ values: ['x', 'y'] }), defaultValue: 'x' },
      text: DataTypes.TEXT,
    },
    {
      tableName: 'letters',
      version: true,
      indexes: [
        { unique: true, fields: ['text', 'state'], where: { state: 'new' }, name: 'one_new' },
        { unique: true, fields: ['text'], where: { state: { [Op.ne]: 'new' } } },
        { fields: ['stamp'] },
      ],
    },
  );
  return Letter;
};

class Postman extends Model {}
Postman.init({ round: { type: DataTypes.STRING, unique: true } }, { sequelize, modelName: 'Postman' });
class Depot extends Model {
  static init(sequelize) {
    return super.init({ town: { type: DataTypes.STRING, unique: true } }, { sequelize });
  }
}
customElements.define('my-letter', Letter, { extends: 'p' });
