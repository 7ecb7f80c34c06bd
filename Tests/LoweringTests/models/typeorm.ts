import { Check, Column, Entity, Index, JoinColumn, ManyToOne, OneToMany, OneToOne, PrimaryColumn, PrimaryGeneratedColumn, Unique, VersionColumn } from 'typeorm';

export enum ParcelState {
  Open = 'open',
  Sent = 'sent',
}

abstract class Base {
  @PrimaryGeneratedColumn('uuid') id: string;
  @VersionColumn() version: number;
}

@Entity('parcels')
@Unique('label_once', ['depot', 'label'])
@Index(['weight', 'label'], { unique: true, where: '"returned_at" IS NULL' })
@Index((parcel: Parcel) => [parcel.label, parcel.state], { unique: true })
@Index(['weight'])
@Check(`"size" IN ('small', 'large')`)
export class Parcel extends Base {
  @Column({ unique: true, nullable: true })
  code?: string;

  @Column('varchar', { name: 'label_text', default: '' }) label: string;
  @Column({ type: 'enum', enum: ParcelState }) state: ParcelState;
  @Column({ type: 'enum', enum: ['slow', 'fast'] }) speed: string;
  @Column() @Index({ unique: true }) weight: number;
  @Column({ nullable: true }) size: string;
  @Column({ name: 'returned_at', nullable: true }) returnedAt: Date;
  @ManyToOne(() => Depot, (depot) => depot.parcels, { nullable: false }) depot: Depot;
  @OneToOne(() => Bill) @JoinColumn({ name: 'bill_ref' }) bill: Bill;
  @OneToMany(() => Stop, (stop) => stop.parcel) stops: Stop[];

  weigh() {
    return this.weight;
  }
}

@Entity()
export class DepotShift {
  @PrimaryColumn() depotId: string;
  @PrimaryColumn() day: string;
}

export class CreateParcels1700000000000 {
  async up(queryRunner) {
    await queryRunner.query(`CREATE TABLE "stops" ("id" uuid NOT NULL, "place" text, CONSTRAINT "stops_pk" PRIMARY KEY ("id"))`);
    await queryRunner.query('CREATE UNIQUE INDEX "stops_place" ' + 'ON "stops" ("place") ');
    await queryRunner.createTable(
      new Table({
        name: 'bills',
        columns: [
          { name: 'id', type: 'uuid', isPrimary: true },
          { name: 'number', type: 'int', isUnique: true, isNullable: true },
          { name: 'year', type: 'int' },
        ],
        uniques: [new TableUnique({ columnNames: ['number', 'year'] })],
        indices: [{ columnNames: ['year'], isUnique: true }, { columnNames: ['number'] }],
      }),
      true,
    );
    await queryRunner.addColumn('bills', new TableColumn({ name: 'payer', type: 'uuid', isNullable: true, isUnique: true }));
    await queryRunner.createIndex('bills', new TableIndex({ columnNames: ['payer', 'year'], isUnique: true }));
    await queryRunner.dropColumn('bills', 'number');
  }

  async down(queryRunner) {
    await queryRunner.query('DROP TABLE "stops"');
    await queryRunner.dropTable('bills');
  }
}
