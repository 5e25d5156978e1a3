import { Column, Entity, JoinColumn, ManyToOne, OneToMany, PrimaryColumn, PrimaryGeneratedColumn } from 'typeorm';

@Entity('product')
export class Product {
  @PrimaryColumn('bigint') id: string;
  @Column() handle: string;
  @Column() title: string;
  @Column('text') description: string;
  @Column() vendor: string;
  @Column() category: string;
  @Column('text') tags: string;
  @Column('bigint', { name: 'price_min' }) priceMin: string;
  @Column('bigint', { name: 'price_max' }) priceMax: string;
  @Column('datetime', { name: 'published_at', precision: 3 }) publishedAt: Date;
  @OneToMany(() => Variant, (variant) => variant.product) variants: Variant[];
}

@Entity('variant')
export class Variant {
  @PrimaryColumn('bigint') id: string;
  @ManyToOne(() => Product, (product) => product.variants) @JoinColumn({ name: 'product_id' }) product: Product;
  @Column() sku: string;
  @Column() title: string;
  @Column('bigint') price: string;
  @Column('int') grams: number;
  @Column('bigint') stock: string;
  @Column('bigint') reserved: string;
  @Column('int') position: number;
}

@Entity('cart')
export class Cart {
  @PrimaryColumn('char', { length: 36 }) id: string;
  @Column('char', { length: 36 }) token: string;
  @Column() status: string;
  @Column('varchar', { nullable: true }) email: string | null;
  @Column('json', { nullable: true }) address: object | null;
  @Column('varchar', { name: 'shipping_method', nullable: true }) shippingMethod: string | null;
  @OneToMany(() => CartLine, (line) => line.cart) lines: CartLine[];
}

@Entity('cart_line')
export class CartLine {
  @PrimaryGeneratedColumn({ type: 'bigint' }) id: string;
  @ManyToOne(() => Cart, (cart) => cart.lines) @JoinColumn({ name: 'cart_id' }) cart: Cart;
  @ManyToOne(() => Variant) @JoinColumn({ name: 'variant_id' }) variant: Variant;
  @Column('int') quantity: number;
}

@Entity('orders')
export class Order {
  @PrimaryColumn('char', { length: 36 }) id: string;
  @Column('char', { length: 36 }) token: string;
  @Column('char', { name: 'cart_id', length: 36 }) cartId: string;
  @Column('varchar', { name: 'idempotency_key' }) idempotencyKey: string;
  @Column() email: string;
  @Column('json') address: object;
  @Column('varchar', { name: 'shipping_method' }) shippingMethod: string;
  @Column('bigint') total: string;
  @Column() status: string;
}

@Entity('order_line')
export class OrderLine {
  @PrimaryGeneratedColumn({ type: 'bigint' }) id: string;
  @Column('char', { name: 'order_id', length: 36 }) orderId: string;
  @Column('bigint', { name: 'variant_id' }) variantId: string;
  @Column() title: string;
  @Column('bigint', { name: 'unit_price' }) unitPrice: string;
  @Column('int') quantity: number;
}
