import { Body, ConflictException, Controller, Get, Headers, Injectable, Module, NotFoundException, Param, Patch, Post, UnprocessableEntityException } from '@nestjs/common';
import { InjectRepository, TypeOrmModule } from '@nestjs/typeorm';
import { randomUUID } from 'crypto';
import { IsEmail, IsInt, IsNotEmpty, IsObject, IsString, Matches, Max, Min } from 'class-validator';
import { DataSource, Repository } from 'typeorm';

import { Cart, CartLine, Order, OrderLine, Variant } from './entities';

class AddLine {
  @IsString() @Matches(/^var_\d+$/) variant_id: string;
  @IsInt() @Min(1) @Max(999) quantity: number;
}
class ChangeCart {
  @IsEmail() email: string;
  @IsObject() shipping_address: object;
  @IsString() @IsNotEmpty() shipping_method_id: string;
}
class CheckOut {
  @IsString() payment_provider: string;
}

@Injectable()
export class BuyingService {
  constructor(@InjectRepository(Cart) private readonly carts: Repository<Cart>, @InjectRepository(CartLine) private readonly lines: Repository<CartLine>,
              @InjectRepository(Variant) private readonly variants: Repository<Variant>, private readonly database: DataSource) {}

  async open() {
    const cart = { id: randomUUID(), token: randomUUID(), status: 'open' };
    await this.carts.insert(cart);
    return { ...cart, lines: [] };
  }

  async find(id: string, token: string) {
    const cart = await this.carts.findOne({ where: { id }, relations: { lines: { variant: { product: true } } } });
    if (!cart || cart.token !== token) throw new NotFoundException();
    return cart;
  }

  view(cart: Cart) {
    const lines = cart.lines.map((line) => ({ id: line.id, variant_id: `var_${line.variant.id}`, title: line.variant.product.title, quantity: line.quantity,
                                              unit_price: Number(line.variant.price), total: Number(line.variant.price) * line.quantity }));
    return { id: cart.id, status: cart.status, email: cart.email, lines, total: lines.reduce((sum, line) => sum + line.total, 0) };
  }

  async add(id: string, token: string, wanted: AddLine) {
    const cart = await this.find(id, token);
    const variant = await this.variants.findOneBy({ id: wanted.variant_id.slice(4) });
    if (!variant) throw new NotFoundException();
    if (Number(variant.stock) - Number(variant.reserved) < wanted.quantity) throw new UnprocessableEntityException('sold out');
    await this.lines.upsert({ cart: { id: cart.id }, variant: { id: variant.id }, quantity: wanted.quantity }, ['cart', 'variant']);
    return this.view(await this.find(id, token));
  }

  async change(id: string, token: string, wanted: ChangeCart) {
    await this.find(id, token);
    await this.carts.update(id, { email: wanted.email, address: wanted.shipping_address, shippingMethod: wanted.shipping_method_id });
    return this.view(await this.find(id, token));
  }

  /** The stock is taken by a condition, so that it is never sold twice; the cart's row is locked, so that it is sold once. */
  async checkOut(id: string, token: string, key: string) {
    return this.database.transaction(async (tx) => {
      const before = await tx.findOneBy(Order, { idempotencyKey: key });
      if (before) return before;
      const cart = await tx.findOne(Cart, { where: { id }, lock: { mode: 'pessimistic_write' } });
      if (!cart || cart.token !== token) throw new NotFoundException();
      if (cart.status !== 'open') throw new ConflictException('the cart is closed');
      const lines = await tx.find(CartLine, { where: { cart: { id } }, relations: { variant: { product: true } }, order: { variant: { id: 'ASC' } } });
      if (!lines.length || !cart.email || !cart.address || !cart.shippingMethod) throw new UnprocessableEntityException('something is missing');
      for (const line of lines) {
        const taken = await tx.createQueryBuilder().update(Variant).set({ reserved: () => 'reserved + :quantity' })
          .where('id = :id AND stock - reserved >= :quantity').setParameters({ id: line.variant.id, quantity: line.quantity }).execute();
        if (!taken.affected) throw new ConflictException('sold out');
      }
      const total = lines.reduce((sum, line) => sum + Number(line.variant.price) * line.quantity, 0);
      const order = { id: randomUUID(), token: randomUUID(), cartId: id, idempotencyKey: key, email: cart.email, address: cart.address,
                      shippingMethod: cart.shippingMethod, total: String(total), status: 'pending_payment' };
      await tx.insert(Order, order);
      await tx.insert(OrderLine, lines.map((line) => ({ orderId: order.id, variantId: line.variant.id, title: line.variant.product.title,
                                                         unitPrice: line.variant.price, quantity: line.quantity })));
      await tx.update(Cart, id, { status: 'closed' });
      return { ...order, lines: lines.length };
    });
  }
}

@Controller()
export class BuyingController {
  constructor(private readonly buying: BuyingService) {}

  @Post('carts') open() { return this.buying.open(); }
  @Post('carts/:cart/lines') add(@Param('cart') id: string, @Headers('x-cart-token') token: string, @Body() body: AddLine) { return this.buying.add(id, token, body); }
  @Get('shipping-methods') methods() { return { data: [{ id: 'standard', name: 'Standard' }] }; }
  @Patch('carts/:cart') change(@Param('cart') id: string, @Headers('x-cart-token') token: string, @Body() body: ChangeCart) { return this.buying.change(id, token, body); }
  @Post('carts/:cart/checkout') checkOut(@Param('cart') id: string, @Headers('x-cart-token') token: string, @Headers('idempotency-key') key: string,
                                         @Body() _body: CheckOut) { return this.buying.checkOut(id, token, key); }
}

@Module({ imports: [TypeOrmModule.forFeature([Cart, CartLine, Variant, Order, OrderLine])], controllers: [BuyingController], providers: [BuyingService] })
export class BuyingModule {}
