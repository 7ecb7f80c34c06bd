import { Entity, Enum, EntitySchema, Index, ManyToOne, OneToMany, PrimaryKey, Property, Unique } from '@mikro-orm/core';

export enum Mood { Calm = 'calm', Loud = 'loud' }

@Entity({ tableName: 'choir' })
@Unique({ properties: ['town', 'name'], name: 'choir_once' })
export class Choir {
  @PrimaryKey() id!: number;
  @Property({ unique: true, nullable: true }) motto?: string;
  @Property({ fieldName: 'choir_name' }) @Unique() name!: string;
  @Property({ version: true }) version!: number;
  @Enum(() => Mood) mood!: Mood;
  @Enum({ items: () => Mood, nullable: true }) other?: Mood;
  @ManyToOne(() => Town) town!: Town;
  @OneToMany(() => Singer, (singer) => singer.choir) singers = new Collection<Singer>(this);
}

export const Rehearsal = new EntitySchema({
  name: 'Rehearsal',
  tableName: 'rehearsals',
  properties: { id: { type: 'number', primary: true }, day: { type: 'date', unique: true }, place: { type: 'string', nullable: true } },
  uniques: [{ properties: ['day', 'place'] }],
});
