import mongoose, { Schema, model, models } from 'mongoose';

const hiveSchema = new Schema<Hive>(
  {
    code: { type: String, unique: true, required: true },
    queen: { type: String, unique: true, sparse: true },
    state: { type: String, enum: ['alive', 'gone'], default: 'alive' },
    kind: { type: String, enum: { values: ['wild', 'kept'], message: 'no' } },
    place: { meadow: { type: String, index: { unique: true } }, row: Number },
    keeper: { type: Schema.Types.ObjectId, ref: 'Keeper' },
    frames: [{ number: Number }],
    type: String,
  },
  { optimisticConcurrency: true },
);
hiveSchema.index({ state: 1, code: -1 }, { unique: true, partialFilterExpression: { state: 'alive', queen: { $exists: true } } });
hiveSchema.index({ type: 1, name: 1 }, { unique: true, name: 'typed' }).index({ code: 1 });

export const Hive = models.Hive || model<Hive>('Hive', hiveSchema);
export const Keeper = mongoose.model('Keeper', new mongoose.Schema({ mail: { type: String, unique: true } }, { collection: 'beekeepers' }));
export const nestSchema = new Schema({ day: Date }).index({ day: 1 }, { unique: true, sparse: true });
export const swarmSchema = new Schema({ day: Date });
swarmSchema.index({ day: 1 }, { unique: true });
