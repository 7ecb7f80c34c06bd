'use strict';

module.exports = {
  up: async (queryInterface, Sequelize) => {
    await queryInterface.createTable(
      'Bells',
      {
        id: { type: Sequelize.INTEGER, primaryKey: true, allowNull: false },
        tone: { type: Sequelize.STRING, unique: true },
        tower: { type: Sequelize.STRING, allowNull: false },
        old: Sequelize.STRING,
        state: { type: Sequelize.ENUM('hung', 'cast') },
      },
      { uniqueKeys: { once: { fields: ['tone', 'tower'] } } },
    );
    await queryInterface.addColumn('Bells', 'weight', { type: Sequelize.INTEGER, allowNull: false });
    await queryInterface.addIndex('Bells', ['tower', 'weight'], { unique: true, name: 'bells_tower', where: { state: 'hung' } });
    await queryInterface.addIndex('Bells', ['tower']);
    await queryInterface.addIndex('Bells', { fields: ['weight'], unique: true, name: 'gone' });
    await queryInterface.addConstraint('Bells', { fields: ['tower', 'tone'], type: 'unique', name: 'bells_both' });
    await queryInterface.removeIndex('Bells', 'gone');
    await queryInterface.renameColumn('Bells', 'tone', 'note');
    await queryInterface.removeColumn('Bells', 'old');
    await queryInterface.changeColumn('Bells', 'note', { type: Sequelize.STRING, allowNull: false });
    await queryInterface.sequelize.query('CREATE UNIQUE INDEX bells_raw ON "Bells" (note, weight)');
  },
  down: async (queryInterface) => {
    await queryInterface.dropTable('Bells');
  },
};
