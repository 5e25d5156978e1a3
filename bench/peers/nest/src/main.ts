import 'reflect-metadata';
import KeyvRedis from '@keyv/redis';
import { CacheModule } from '@nestjs/cache-manager';
import { Controller, Get, Module, ValidationPipe } from '@nestjs/common';
import { APP_GUARD, NestFactory } from '@nestjs/core';
import { SkipThrottle, ThrottlerGuard, ThrottlerModule } from '@nestjs/throttler';
import { TypeOrmModule } from '@nestjs/typeorm';
import cluster from 'cluster';
import compression from 'compression';
import helmet from 'helmet';

import { BuyingModule } from './buying';
import { CatalogueModule } from './catalogue';
import { Cart, CartLine, Order, OrderLine, Product, Variant } from './entities';

@Controller() @SkipThrottle()
class Probes {
  @Get('readyz') ready() { return { status: 'ok' }; }
}

const settings = process.env;

@Module({
  imports: [
    TypeOrmModule.forRoot({ type: 'mysql', host: settings.DB_HOST, port: Number(settings.DB_PORT), username: settings.DB_USERNAME, password: settings.DB_PASSWORD,
                            database: settings.DB_NAME, entities: [Product, Variant, Cart, CartLine, Order, OrderLine], extra: { connectionLimit: 20 },
                            supportBigNumbers: true, bigNumberStrings: true }),
    CacheModule.registerAsync({ isGlobal: true, useFactory: async () => ({ stores: [new KeyvRedis(`redis://${settings.REDIS_HOST}:${settings.REDIS_PORT}`)] }) }),
    ThrottlerModule.forRoot([{ ttl: 60_000, limit: 1_000_000_000 }]),
    CatalogueModule, BuyingModule,
  ],
  controllers: [Probes],
  providers: [{ provide: APP_GUARD, useClass: ThrottlerGuard }],
})
class Shop {}

async function serve() {
  const app = await NestFactory.create(Shop, { logger: ['error', 'warn'] });
  app.setGlobalPrefix('api/v1', { exclude: ['readyz'] });
  app.use(helmet());
  app.use(compression());
  app.useGlobalPipes(new ValidationPipe({ whitelist: true, forbidNonWhitelisted: true, transform: true }));
  app.enableShutdownHooks();
  await app.listen(Number(settings.PORT), '127.0.0.1');
}

const workers = Number(settings.WORKERS ?? 1);
if (cluster.isPrimary && workers > 1) {
  for (let each = 0; each < workers; ++each) cluster.fork();
  process.on('SIGTERM', () => { for (const worker of Object.values(cluster.workers ?? {})) worker?.kill(); });
} else {
  void serve();
}
