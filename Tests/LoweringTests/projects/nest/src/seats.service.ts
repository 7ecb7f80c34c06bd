import { Injectable } from '@nestjs/common';
import { SeatsRepository } from '@app/seats.repository';
import { BaseService } from './base.service';

@Injectable()
export class SeatsService extends BaseService {
  constructor(private readonly repository: SeatsRepository) {
    super();
  }

  async remaining(teamId: string) {
    const used = await this.repository.countOf(teamId);
    return { used, isFull: used >= this.limit() };
  }

  async join(teamId: string, userId: string) {
    const { isFull } = await this.remaining(teamId);
    if (isFull) throw new Error('full');
    return this.repository.take({ teamId, userId });
  }
}
