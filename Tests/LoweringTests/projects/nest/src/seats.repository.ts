import { Injectable } from '@nestjs/common';
import { Repository } from 'typeorm';
import { Seat } from './seat.entity';

@Injectable()
export class SeatsRepository {
  constructor(private readonly seats: Repository<Seat>) {}

  countOf(teamId: string) {
    return this.seats.count({ where: { teamId } });
  }

  async take(seat: Partial<Seat>) {
    return this.seats.insert(seat);
  }
}
