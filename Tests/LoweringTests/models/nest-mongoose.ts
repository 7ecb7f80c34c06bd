import { Prop, Schema, SchemaFactory } from '@nestjs/mongoose';

@Schema({ collection: 'lamps' })
export class Lamp {
  @Prop({ unique: true, required: true }) serial: string;
  @Prop({ type: String, enum: ['on', 'off'] }) state: string;
}
export const LampSchema = SchemaFactory.createForClass(Lamp);
LampSchema.index({ serial: 1, state: 1 }, { unique: true });
