SELECT row_number, rule, order_number, customer_ref, ts_us, sku, product_name, quantity, unit_price,
    amount, country, currency
FROM judged
WHERE rule IS NOT NULL
ORDER BY row_number;
