SELECT row_number, rule, order_number, customer_ref, ts_us, sku, product_name, quantity, unit_price,
    amount, country, currency
FROM staged JOIN verdicts USING (row_number)
WHERE rule IS NOT NULL
ORDER BY row_number;
