import { CacheInterceptor, CacheTTL } from '@nestjs/cache-manager';
import { CallHandler, Controller, ExecutionContext, Get, Injectable, Module, NotFoundException, Param, Query, UseInterceptors } from '@nestjs/common';
import { InjectRepository, TypeOrmModule } from '@nestjs/typeorm';
import { Type } from 'class-transformer';
import { IsInt, IsOptional, Max, Min } from 'class-validator';
import { Repository } from 'typeorm';

import { Product, Variant } from './entities';

/** Answers of the catalogue are kept in Redis, where CACHE is not off. */
@Injectable()
export class KeptReplies extends CacheInterceptor {
  intercept(context: ExecutionContext, next: CallHandler) {
    return process.env.CACHE === 'off' ? Promise.resolve(next.handle()) : super.intercept(context, next);
  }
}

class PageQuery {
  @IsOptional() @Type(() => Number) @IsInt() @Min(1) @Max(100) limit = 24;
  @IsOptional() @Type(() => Number) @IsInt() @Min(0) offset = 0;
}

const money = (minor: string) => ({ amount_minor: Number(minor), currency: 'CNY' });

function card(product: Product) {
  return { id: `prod_${product.id}`, handle: product.handle, title: product.title,
           price_range: { min: money(product.priceMin), max: money(product.priceMax) } };
}

function variantView(variant: Variant) {
  const left = Number(variant.stock) - Number(variant.reserved);
  return { id: `var_${variant.id}`, sku: variant.sku, title: variant.title, price: money(variant.price), grams: variant.grams,
           availability: left > 5 ? 'in_stock' : left > 0 ? 'low_stock' : 'out_of_stock' };
}

@Injectable()
export class CatalogueService {
  constructor(@InjectRepository(Product) private readonly products: Repository<Product>) {}

  async list(query: PageQuery) {
    const products = await this.products.find({ order: { publishedAt: 'DESC', id: 'DESC' }, take: query.limit, skip: query.offset });
    return { data: products.map(card), page: { limit: query.limit } };
  }

  async product(handle: string) {
    const product = await this.products.findOne({ where: { handle }, relations: { variants: true }, order: { variants: { position: 'ASC' } } });
    if (!product) throw new NotFoundException();
    return { ...card(product), description: product.description, vendor: product.vendor, category: product.category,
             tags: product.tags.split(', '), variants: product.variants.map(variantView), published_at: product.publishedAt };
  }
}

@Controller('products')
@UseInterceptors(KeptReplies)
export class CatalogueController {
  constructor(private readonly catalogue: CatalogueService) {}

  @Get() @CacheTTL(15_000) list(@Query() query: PageQuery) { return this.catalogue.list(query); }
  @Get(':handle') @CacheTTL(15_000) product(@Param('handle') handle: string) { return this.catalogue.product(handle); }
}

@Module({ imports: [TypeOrmModule.forFeature([Product, Variant])], controllers: [CatalogueController], providers: [CatalogueService] })
export class CatalogueModule {}
