import { Body, Controller, Post } from '@nestjs/common';
import { SeatsService } from './seats.service';

@Controller('seats')
export class SeatsController {
  constructor(private readonly service: SeatsService) {}

  @Post()
  join(@Body() body: { teamId: string; userId: string }) {
    return this.service.join(body.teamId, body.userId);
  }
}
