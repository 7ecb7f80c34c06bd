import { AllowNull, BelongsTo, Column, DataType, Default, ForeignKey, Index, Model, PrimaryKey, Table, Unique } from 'sequelize-typescript';

@Table({ tableName: 'kites', indexes: [{ unique: true, fields: ['owner_id', 'colour'] }] })
export class Kite extends Model {
  @PrimaryKey @Column id: string;
  @Unique @Column tail: string;
  @Unique('pair') @AllowNull(false) @Column colour: string;
  @Unique('pair') @Column({ field: 'owner_id', type: DataType.INTEGER }) @ForeignKey(() => Owner) ownerId: number;
  @Default('up') @Column(DataType.ENUM('up', 'down')) state: string;
  @Index({ name: 'once', unique: true }) @Column line: string;
  @BelongsTo(() => Owner) owner: Owner;
}
